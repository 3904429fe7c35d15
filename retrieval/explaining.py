"""Why a search gave what it gave: how the question was read, each article's parts, what was not open, the evidence."""

from dataclasses import dataclass

import numpy as np

from retrieval.applies import FEATURES, Evidence, contributions
from retrieval.calibration import Mode
from retrieval.colloquial import FUNCTION_WORDS
from retrieval.lexicon import translate
from retrieval.passage import Language, Passage, Retrieval
from retrieval.question import question_words
from retrieval.ranking import Hit, Reader, rank
from retrieval.shelf import Library, Shelf


@dataclass(frozen=True, slots=True)
class WordRead:
    """One word or phrase of the question as the first article's language looks it up."""

    said: str
    meant: str = ""  # what a misspelt word was taken for
    translations: tuple[str, ...] = ()
    courtesy: bool = False  # carries no meaning of its own
    known: bool = True  # some article has it
    covered: bool = True  # the first article has it


@dataclass(frozen=True, slots=True)
class Parts:
    """What an article's score is made of, each as a share of the best article's in its language; cosine as it is."""

    words: float
    title: float
    letters: float
    closeness: float
    vector: float | None  # cosine of its nearest chunk; None when only words are searched


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage the reader gets, and why it stands where it stands."""

    passage: Passage
    parts: Parts


@dataclass(frozen=True, slots=True)
class Closed:
    """An article that would have come among these if it were open to the reader; `better` than their first one."""

    article_id: str
    language: Language
    title: str
    groups: tuple[str, ...]
    better: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """A piece of evidence: its value, and what it adds to the log-odds that the article applies."""

    name: str
    value: float
    adds: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """A search with its reasons; for who manages the articles, never for who asks."""

    retrieval: Retrieval
    shown: tuple[Shown, ...] = ()
    closed: tuple[Closed, ...] = ()
    read: tuple[WordRead, ...] = ()
    weighed: tuple[Weighed, ...] = ()  # the base of the scale first
    as_shipped: float = 0.0  # the probability without what the rehearsal taught


def parts_of(shelf: Shelf, hit: Hit) -> Parts:
    """Looked up again for an article found."""
    place = shelf.positions[hit.card.id]
    shares = shelf.lexical.parts(hit.reading, place)
    own = [cosine for key, cosine in hit.cosines.items() if key.startswith(hit.card.key + "#")]
    near = shelf.lexical.closeness(hit.reading, [place]) if len(hit.reading.wording) > 1 else np.zeros(1)
    return Parts(
        words=shares["stems"],
        title=shares["title-stems"],
        letters=shares["pieces"],
        closeness=float(near[0]),
        vector=max(own, default=None),
    )


def closed_to(library: Library, question: str, reader: Reader, limit: int) -> tuple[Closed, ...]:
    """The articles that every group together would have found among the first, and this reader may not see."""
    audiences = (card.audience for shelf in library.shelves.values() for card in shelf.audiences)
    groups = frozenset(group for audience in audiences for group in audience)
    hits, _ = rank(library, question, Reader(reader.language, groups | reader.groups, reader.withdrawn), limit)
    first = next((place for place, hit in enumerate(hits) if reader.may_see(hit.card)), len(hits))
    return tuple(
        Closed(hit.card.id, hit.card.language, hit.card.title, tuple(sorted(hit.card.audience)), place < first)
        for place, hit in enumerate(hits)
        if not reader.may_see(hit.card)
    )


def read_as(shelf: Shelf, hit: Hit, question: str, asker: Language) -> tuple[WordRead, ...]:
    """The question's words with what became of each, as the first article's language reads them."""
    lexical, idle = shelf.lexical, FUNCTION_WORDS[asker]
    missing = {id(idea) for idea in lexical.uncovered(hit.reading, shelf.positions[hit.card.id])}
    ideas = iter(hit.reading.ideas)
    found = []
    for phrase, translations in translate(question_words(question, asker), asker, lexical.language):
        said = " ".join(phrase)
        if idle.issuperset(phrase):
            found.append(WordRead(said, courtesy=True))
            continue
        meant = said if translations else " ".join(lexical.repair(word) for word in phrase)
        idea = next(ideas, frozenset[str]())
        found.append(
            WordRead(
                said,
                meant=meant if meant != said else "",
                translations=tuple(" ".join(other) for other in translations),
                known=any(lexical.knows(term) for term in idea),
                covered=id(idea) not in missing,
            )
        )
    return tuple(found)


def weighed(mode: Mode, evidence: Evidence) -> tuple[Weighed, ...]:
    """The evidence as the coefficients take it, before this knowledge base's own scale."""
    known = mode.typical(evidence)
    base, *added = contributions(known)
    values = zip(FEATURES, known.features(), added, strict=True)
    return Weighed("base", 1.0, base), *(Weighed(name, value, adds) for name, value, adds in values)
