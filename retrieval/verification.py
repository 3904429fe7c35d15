"""A new revision before anybody is sent there: it holds what it was built from and finds its own articles."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from retrieval.embedder import Embedder
from retrieval.gloss import told
from retrieval.passage import Language
from retrieval.question import question_words
from retrieval.revision import IndexUnusableError
from retrieval.shelf import Card, Library, Shelf, open_library
from retrieval.stages import Progress, silent
from retrieval.vectors import VectorsDamagedError
from retrieval.words import words

PROBES = 3  # articles per language, the first, one in the middle, the last
AMONG = 10  # an article's own title puts it among so many; namesakes score alike and count as one place
SAME = 0.98  # cosine of a text with its own vector; other models are far below, an endpoint's noise far above
MOST = 0.9  # share of a title's 4-letter pieces that its own article holds: all, but for rounding
SHOWN = 3  # ids named in a sentence


class RevisionUnfitError(Exception):
    """A new revision is not what it should be and is thrown away; the message says what differs."""


def verify(folder: Path, embedder: Embedder | None, progress: Progress = silent) -> None:
    """Open a finished folder that nobody uses and try it; raises RevisionUnfitError, or EmbedderUnavailableError."""
    name = folder.name.removesuffix(".building")
    try:
        library = open_library(folder, embedder)
    except IndexUnusableError as error:
        raise RevisionUnfitError(f"The new revision {name} failed its verification and was removed: {error}") from error
    try:
        total = 1 + 2 * len(library.shelves)
        for done, finding in enumerate(_findings(library)):
            progress("verifying", done, total)
            if finding:
                raise RevisionUnfitError(f"The new revision {name} failed its verification and was removed: {finding}")
        progress("verifying", total, total)
    except (sqlite3.Error, VectorsDamagedError) as error:
        sentence = f"The new revision {name} failed its verification and was removed: {error}"
        raise RevisionUnfitError(sentence) from error
    finally:
        library.close()


def _findings(library: Library) -> Iterator[str]:
    """One answer a check, empty when all is well."""
    yield "; ".join(differing(library)[:SHOWN])
    for language, shelf in library.shelves.items():
        probes = _probes(shelf)
        yield _by_words(language, shelf, probes)
        yield _by_vectors(library, language, probes)


def differing(library: Library) -> list[str]:
    """Where the parts of a revision do not hold the same articles and chunks, one sentence each."""
    if library.passages is None:
        return []
    cards = {card.key: card for shelf in library.shelves.values() for card in shelf.cards}
    written, texts = library.passages.fingerprints().keys(), library.passages.ids()
    named = {f"{card.key}#{number}" for card in cards.values() for number in range(card.chunks)}
    findings = [f"{key} has a text but is in no lexical index." for key in sorted(written - cards.keys())]
    findings += [f"{key} is in a lexical index but has no text." for key in sorted(cards.keys() - written)]
    findings += [f"{key} has no text." for key in sorted(named - texts)]
    findings += [f"{key} is the text of no article." for key in sorted(texts - named)]
    if library.vectors is not None:
        vectors = {key for language in library.shelves for key in library.vectors.ids(language)}
        findings += [f"{key} has no vector." for key in sorted(texts - vectors)]
        findings += [f"{key} has a vector but no text." for key in sorted(vectors - texts)]
    return findings


def misplaced(library: Library) -> list[str]:
    """Articles whose lexical entries are not at their place, one sentence each: all letters of a title are there."""
    findings = []
    for language, shelf in library.shelves.items():
        for place, card in enumerate(shelf.cards):
            named = words(card.title)
            if named and shelf.lexical.fit(shelf.lexical.read(named, language), place).pieces < MOST:
                findings.append(f"{card.key} is not what the lexical index of {language} has in its place.")
    return findings


def _probes(shelf: Shelf) -> list[Card]:
    last = len(shelf.cards) - 1
    return [shelf.cards[place] for place in sorted({last * step // (PROBES - 1) for step in range(PROBES)})]


def _by_words(language: Language, shelf: Shelf, probes: list[Card]) -> str:
    """What is wrong when no title finds its article; a title of no words at all asks nothing."""
    asked = False
    for card in probes:
        scores = shelf.lexical.score(shelf.lexical.read(question_words(card.title, language), language))
        own, best = float(scores[shelf.positions[card.id]]), float(scores.max(initial=0.0))
        if own > 0 and int((scores > own).sum()) < AMONG:
            return ""
        asked |= best > 0 or own > 0 or bool(question_words(card.title, language))
    return f"no title finds its own article by words in {language} (tried {_names(probes)})." if asked else ""


def _by_vectors(library: Library, language: Language, probes: list[Card]) -> str:
    """What is wrong when the texts, read again, do not meet their vectors."""
    if library.vectors is None or library.embedder is None or library.passages is None:
        return ""
    chunks = {card.key: library.passages.of(card.key)[0].chunk for card in probes}
    texts = [told(chunks[card.key].under(card.title), language, library.manifest.embedder) for card in probes]
    vectors = library.embedder.embed(texts)
    met = False
    for card, vector in zip(probes, vectors, strict=True):
        key = chunks[card.key].id
        if library.vectors.similarity(language, vector, [key]).get(key, 0.0) < SAME:
            return f"{key} has a vector that the model does not give for its text."
        near = library.vectors.nearest(language, vector, AMONG)
        met |= key in near or min(near.values(), default=0.0) >= SAME
    return "" if met else f"no text finds its own article by vectors in {language} (tried {_names(probes)})."


def _names(probes: list[Card]) -> str:
    return ", ".join(card.key for card in probes)
