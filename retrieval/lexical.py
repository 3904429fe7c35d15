"""The lexical backbone of one language: stems and 4-letter pieces, each over whole articles and over their titles."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from retrieval.bm25 import Postings, Scores
from retrieval.closeness import WordOrder
from retrieval.colloquial import FUNCTION_WORDS
from retrieval.passage import Article, Language
from retrieval.question import Reading, kin_pieces, read
from retrieval.spelling import Speller
from retrieval.words import stem, words

PARTS = ("stems", "title-stems", "pieces", "title-pieces")
OPENING = 30  # words of the body that stand in for a missing title
OPENING_WEIGHT = 0.3  # of what a title counts; with 1 they do harm


@dataclass(frozen=True, slots=True)
class Fit:
    """How well one article covers a question, each in [0, 1]: its ideas, the same in the title, its letters."""

    ideas: float
    title: float
    pieces: float


def normalised(scores: Scores) -> Scores:
    """Scores as a share of the best one; all zero stays so."""
    best = float(scores.max(initial=0.0))
    return np.asarray(scores / best, np.float32) if best > 0 else scores


def _shared(tokens: list[str], shared: dict[str, str]) -> list[str]:
    return [shared.setdefault(token, token) for token in tokens]


class LexicalIndex:
    """Articles of one language by their position; immutable once built."""

    def __init__(
        self,
        language: Language,
        postings: dict[str, Postings],
        known: Mapping[str, int],
        order: WordOrder,
        titled: Scores,
    ) -> None:
        self.language = language
        self._postings = postings
        self._order = order
        self._titled = titled  # how much each article's title counts
        self._known = known  # folded word -> articles with it
        self._speller = Speller(known)

    @property
    def size(self) -> int:
        """How many articles it holds."""
        return self._postings["stems"].size

    @classmethod
    def build(cls, language: Language, articles: Iterable[Article]) -> "LexicalIndex":
        """Index titles, keywords (which count like title words) and bodies; reads the articles twice."""
        shared: dict[str, str] = {}  # each word once in memory, however many articles repeat it
        named = [_shared(words(" ".join([article.title, *article.keywords])), shared) for article in articles]
        bodies = [name + _shared(words(article.body), shared) for name, article in zip(named, articles, strict=True)]
        titles = [name or body[:OPENING] for name, body in zip(named, bodies, strict=True)]
        titled = np.array([1.0 if name else OPENING_WEIGHT for name in named], np.float32)
        pieces = {word: kin_pieces([word]) for word in shared}
        parts: dict[str, Postings] = {}
        for prefix, texts in (("", bodies), ("title-", titles)):
            parts[f"{prefix}stems"] = Postings.build(stem(text, language) for text in texts)
            parts[f"{prefix}pieces"] = Postings.build((p for word in text for p in pieces[word]) for text in texts)
        numbers, idle = parts["stems"].vocabulary, FUNCTION_WORDS[language]
        order = WordOrder.build(
            [numbers[term] for term in stem([word for word in text if word not in idle], language)] for text in bodies
        )
        return cls(language, parts, Counter(word for text in bodies for word in set(text)), order, titled)

    def save(self, folder: Path) -> None:
        """Write the four indexes, the words and their order below `folder`."""
        for name in PARTS:
            self._postings[name].save(folder / name)
        (folder / "words.json").write_text(json.dumps(self._known), "utf-8")
        self._order.save(folder)
        np.save(folder / "titled.npy", self._titled, allow_pickle=False)

    @classmethod
    def load(cls, language: Language, folder: Path) -> "LexicalIndex":
        """Read what `save` wrote; raises OSError, ValueError or KeyError when it is damaged."""
        titled: Scores = np.load(folder / "titled.npy", allow_pickle=False)
        known = json.loads((folder / "words.json").read_text("utf-8"))
        if not isinstance(known, dict):
            raise ValueError(f"{folder} has no words")  # noqa: TRY004 -- a damaged file is a bad value
        return cls(
            language, {name: Postings.load(folder / name) for name in PARTS}, known, WordOrder.load(folder), titled
        )

    def read(self, folded: list[str], asker: Language) -> Reading:
        """The question in this index's terms."""
        return read(folded, asker, self.language, self._speller, self._known)

    def score(self, reading: Reading) -> Scores:
        """One score per article in [0, 1], the best at most 1: mean of stems and pieces, titles added to bodies."""
        parts = self._postings
        stems = parts["stems"].score(reading.stems) + self._titled * parts["title-stems"].score(reading.stems)
        pieces = parts["pieces"].score(reading.pieces) + self._titled * parts["title-pieces"].score(reading.pieces)
        return np.asarray((normalised(stems) + normalised(pieces)) / 2, np.float32)

    def closeness(self, reading: Reading, positions: Sequence[int]) -> Scores:
        """How much of the question's wording each of these articles holds together, the best 1."""
        stems = self._postings["stems"]
        names = {stems.vocabulary[term]: term for term in reading.wording if term in stems.vocabulary}
        return normalised(self._order.closeness(list(names), positions, lambda number: stems.idf(names[number])))

    def fit(self, reading: Reading, position: int) -> Fit:
        """How well the article at `position` covers the question."""
        ideas = [(max((self.idf(term) for term in idea), default=0.0), idea) for idea in reading.ideas]
        total = sum(weight for weight, _ in ideas)
        shares = []
        for name in ("stems", "title-stems"):
            covered = sum(w for w, idea in ideas if any(self._holds(name, term, position) for term in idea))
            shares.append(covered / total if total else 0.0)
        pieces = self._postings["pieces"]
        weights = {piece: weight * pieces.idf(piece) for piece, weight in reading.pieces.items()}
        met = sum(weight for piece, weight in weights.items() if self._holds("pieces", piece, position))
        return Fit(shares[0], shares[1], met / (sum(weights.values()) or 1.0))

    def parts(self, reading: Reading, position: int) -> dict[str, float]:
        """What each index says of the article at `position`, as a share of what it says of its best one."""
        asked = {name: reading.pieces if "pieces" in name else reading.stems for name in PARTS}
        return {name: float(normalised(self._postings[name].score(asked[name]))[position]) for name in PARTS}

    def uncovered(self, reading: Reading, position: int) -> list[frozenset[str]]:
        """The question's ideas that the article at `position` does not hold."""
        return [idea for idea in reading.ideas if not any(self._holds("stems", term, position) for term in idea)]

    def knows(self, stem_: str) -> bool:
        """Whether any article has it."""
        return stem_ in self._postings["stems"].vocabulary

    def repair(self, word: str) -> str:
        """What a folded word is taken for."""
        return self._speller.repair(word, self._known)

    def idf(self, term: str) -> float:
        """How rare a stem is among these articles."""
        return self._postings["stems"].idf(term)

    def _holds(self, name: str, term: str, position: int) -> bool:
        documents, _ = self._postings[name].postings(term)
        place = int(documents.searchsorted(position))
        return place < len(documents) and int(documents[place]) == position
