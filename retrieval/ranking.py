"""Articles in the order a reader should see them: words, letters and vectors, over all languages, for these groups."""

from dataclasses import dataclass

import numpy as np

from retrieval.applies import Evidence
from retrieval.bm25 import Scores
from retrieval.embedder import EmbedderUnavailableError, MiniLM, Vectors
from retrieval.gloss import Telling, english
from retrieval.lexical import Fit, normalised
from retrieval.passage import Language
from retrieval.question import Reading, question_words
from retrieval.shelf import Card, Library, Shelf

DENSE_WEIGHT = 0.75  # times the share of the question told in English, squared: more loses where the lexicon is blind
CLOSE_WEIGHT = 0.15  # words together; .25 gains .004 on titles and loses .01 on long English symptoms
NEAREST = 60  # chunks asked of Chroma per language
CANDIDATES = 30  # articles per language that go on; their vectors are looked up if they were not near
CHUNKS_EACH = 8  # chunks per candidate whose vectors are looked up
FITTED = 2  # articles per language whose cover of the question is looked at
FOREIGN = 0.97  # an article in the reader's language wins a draw


@dataclass(frozen=True, slots=True)
class Hit:
    """An article found: where it stands, its score in [0, 1] and its chunks' cosines by id."""

    card: Card
    score: float
    reading: Reading
    fit: Fit | None  # of the first articles of a language only: it costs most and decides only there
    cosines: dict[str, float]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks: only what is open to these groups and not withdrawn is ever ranked."""

    language: Language
    groups: frozenset[str]
    withdrawn: frozenset[str]

    def may_see(self, card: Card) -> bool:
        """Whether this article exists for the reader."""
        return card.open_to(self.groups) and card.key not in self.withdrawn


def rank(library: Library, question: str, reader: Reader, limit: int) -> tuple[list[Hit], Evidence | None]:
    """The best articles, one version of each, and the evidence that the first applies (None when nothing was found)."""
    folded = question_words(question, reader.language)
    meaning = _meaning(library, question, reader)
    hits: list[Hit] = []
    for language, shelf in library.shelves.items():
        reading = shelf.lexical.read(folded, reader.language)
        hits += _rank_shelf(library, shelf, language, reading, meaning, reader, limit)
    hits.sort(key=lambda hit: (-hit.score, hit.card.key))
    best: dict[str, Hit] = {}
    for hit in hits:
        best.setdefault(hit.card.id, hit)
    ranked = list(best.values())
    evidence = _evidence(ranked, reader, with_model=meaning is not None) if ranked else None
    return [_preferred(library, hit, hits, reader, folded) for hit in ranked[:limit]], evidence


@dataclass(frozen=True, slots=True)
class _Meaning:
    """A question's vector and how much nearness to it counts beside words."""

    vector: Vectors
    weight: float


def _meaning(library: Library, question: str, reader: Reader) -> _Meaning | None:
    """None without a model, while its endpoint is away, or when nothing was said: then words alone decide."""
    if library.embedder is None or library.vectors is None:
        return None
    telling = told_question(library, question, reader.language)
    if not telling.text:
        return None
    try:
        vector: Vectors = library.embedder.embed([telling.text])[0]
    except EmbedderUnavailableError:
        return None
    return _Meaning(vector, DENSE_WEIGHT * telling.share**2) if len(vector) == library.manifest.dimension else None


def told_question(library: Library, question: str, language: Language) -> Telling:
    """The question as the model reads it best, spelt as the articles of its language spell."""
    if library.manifest.embedder != MiniLM.id or language == "en":
        return Telling(question, 1.0)
    folded, shelf = question_words(question, language), library.shelves.get(language)
    return english(folded, language, shelf.lexical.repair) if shelf else english(folded, language)


def _rank_shelf(  # noqa: PLR0913, PLR0917 -- one step with one caller
    library: Library,
    shelf: Shelf,
    language: Language,
    reading: Reading,
    meaning: _Meaning | None,
    reader: Reader,
    limit: int,
) -> list[Hit]:
    visible = shelf.visible(reader.groups, reader.withdrawn)
    scores = _with_closeness(shelf, reading, normalised(shelf.lexical.score(reading) * visible))
    cosines: dict[str, float] = {}
    if meaning is not None:
        cosines = _cosines(library, shelf, language, meaning.vector, _top(scores, CANDIDATES))
        dense = normalised(_by_article(shelf, cosines) * visible)
        scores = np.asarray((scores + meaning.weight * dense) / (1 + meaning.weight), np.float32)
    top = [place for place in _top(scores, max(limit + 1, CANDIDATES)) if visible[place]]
    fits = {place: shelf.lexical.fit(reading, place) for place in top[:FITTED]}
    factor = max(map(_strength, fits.values()), default=0.0) * (1.0 if language == reader.language else FOREIGN)
    return [
        Hit(shelf.cards[place], float(scores[place]) * factor, reading, fits.get(place), cosines)
        for place in top[: limit + 1]
    ]


def _with_closeness(shelf: Shelf, reading: Reading, scores: Scores) -> Scores:
    """The candidates' scores with a share for words of the question that stand together in them."""
    candidates = _top(scores, CANDIDATES)
    if len(reading.wording) < 2 or not candidates:
        return scores
    close = np.zeros_like(scores)
    close[candidates] = shelf.lexical.closeness(reading, candidates)
    return np.asarray((scores + CLOSE_WEIGHT * close) / (1 + CLOSE_WEIGHT), np.float32)


def _strength(fit: Fit) -> float:
    """How much of the question a language can meet: what makes scores of two languages comparable."""
    return 0.5 * fit.ideas + 0.3 * fit.pieces + 0.2 * fit.title


def _top(scores: Scores, count: int) -> list[int]:
    """Positions of the best scores above zero, best first, the earlier article among equals."""
    if len(scores) > count:
        near = np.argpartition(-scores, count)[:count]
        near = near[np.lexsort((near, -scores[near]))]
    else:
        near = np.argsort(-scores, kind="stable")
    return [int(place) for place in near if scores[place] > 0]


def _cosines(
    library: Library, shelf: Shelf, language: Language, vector: Vectors, candidates: list[int]
) -> dict[str, float]:
    """Cosines of the nearest chunks and of the candidates' own: absent ones would count as zero and distort the sum."""
    if library.vectors is None:
        return {}
    near = library.vectors.nearest(language, vector, NEAREST)
    cards = [shelf.cards[place] for place in candidates]
    wanted = [f"{card.key}#{number}" for card in cards for number in range(min(card.chunks, CHUNKS_EACH))]
    missing = [key for key in wanted if key not in near]
    return near | library.vectors.similarity(language, vector, missing)


def _by_article(shelf: Shelf, cosines: dict[str, float]) -> Scores:
    """The best chunk of each article."""
    dense = np.zeros(len(shelf.cards), np.float32)
    for key, cosine in cosines.items():
        place = shelf.positions[key.rpartition("#")[0].rpartition("@")[0]]
        dense[place] = max(dense[place], cosine)
    return dense


def _preferred(library: Library, hit: Hit, hits: list[Hit], reader: Reader, folded: list[str]) -> Hit:
    """The same article in the reader's language, if there is one they may see."""
    shelf = library.shelves.get(reader.language)
    place = shelf.positions.get(hit.card.id) if shelf and hit.card.language != reader.language else None
    if shelf is None or place is None or not reader.may_see(shelf.cards[place]):
        return hit
    for other in hits:
        if other.card.key == shelf.cards[place].key:
            return Hit(other.card, hit.score, other.reading, other.fit, other.cosines)
    reading = shelf.lexical.read(folded, reader.language)
    return Hit(shelf.cards[place], hit.score, reading, None, {})


def _evidence(ranked: list[Hit], reader: Reader, *, with_model: bool) -> Evidence:
    first = ranked[0]
    fit = first.fit or Fit(0.0, 0.0, 0.0)
    second = ranked[1].score if len(ranked) > 1 else 0.0
    own = [cosine for key, cosine in first.cosines.items() if key.startswith(first.card.key + "#")]
    return Evidence(
        ideas=fit.ideas,
        title=fit.title,
        pieces=fit.pieces,
        cosine=max(own, default=0.0) if with_model else None,
        margin=(first.score - second) / first.score if first.score else 0.0,
        length=len(first.reading.ideas),
        foreign=first.card.language != reader.language,
    )
