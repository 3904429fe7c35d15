"""One BM25 index over token lists: built, saved and loaded by bm25s, scored with a weight per term."""

import json
import math
from array import array
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from bm25s import BM25
from numpy.typing import NDArray

K1 = 1.5
B = 0.75  # .75-.9 is best here; b = .4 loses 10 points of recall

COMMON = 8  # a term in more than one document of this many is added as a whole row: quicker than one by one
ROWS_KEPT = 128  # rows of common terms, 4 bytes a document each

Scores = NDArray[np.float32]


class Postings:
    """Which documents hold a term and how much it counts there, eagerly scored (Lucene's BM25)."""

    def __init__(self, index: BM25 | None, size: int) -> None:
        self.size = size
        self.vocabulary: dict[str, int] = index.vocab_dict if index else {}
        scores = index.scores if index else {}
        self._data: Scores = scores.get("data", np.zeros(0, np.float32))
        self._documents: NDArray[np.int32] = scores.get("indices", np.zeros(0, np.int32))
        self._starts: NDArray[np.int64] = scores.get("indptr", np.zeros(1, np.int64))
        self._index = index
        self._rows: dict[str, Scores] = {}

    @classmethod
    def build(cls, documents: Iterable[Iterable[str]]) -> "Postings":
        """An index over documents given as tokens; one without any token at all is empty and scores 0.

        They are taken one by one and kept as numbers: as text, 100,000 articles would fill many gigabytes.
        """
        numbers: dict[str, int] = {}
        texts = [array("i", [numbers.setdefault(token, len(numbers)) for token in tokens]) for tokens in documents]
        if not numbers:
            return cls(None, len(texts))
        index = BM25(k1=K1, b=B, auto_compile=False)
        index.index((texts, numbers), show_progress=False)
        return cls(index, len(texts))

    def save(self, folder: Path) -> None:
        """Write the index to a folder of its own."""
        folder.mkdir(parents=True)
        (folder / "size.json").write_text(json.dumps({"documents": self.size, "terms": len(self.vocabulary)}))
        if self._index:
            self._index.save(folder, show_progress=False)

    @classmethod
    def load(cls, folder: Path) -> "Postings":
        """Read what `save` wrote; raises OSError or ValueError when it is missing or damaged."""
        size = json.loads((folder / "size.json").read_text())
        if not isinstance(size, dict):
            raise ValueError(f"{folder} is no index")  # noqa: TRY004 -- a damaged file is a bad value
        if not size["terms"]:
            return cls(None, size["documents"])
        return cls(BM25.load(folder, show_progress=False, auto_compile=False), size["documents"])

    def score(self, terms: Mapping[str, float]) -> Scores:
        """The weighted sum of the terms' scores, one per document."""
        total = np.zeros(self.size, np.float32)
        for term, weight in terms.items():
            documents, values = self.postings(term)
            if len(documents) * COMMON > self.size:
                total += np.float32(weight) * self._row(term)
            else:
                total[documents] += weight * values
        return total

    def _row(self, term: str) -> Scores:
        """The term's score in every document; the rows of the terms asked first are kept."""
        row = self._rows.get(term)
        if row is None:
            row = np.zeros(self.size, np.float32)
            documents, values = self.postings(term)
            row[documents] = values
            if len(self._rows) < ROWS_KEPT:
                self._rows[term] = row
        return row

    def postings(self, term: str) -> tuple[NDArray[np.int32], Scores]:
        """The documents that hold a term, each once, and its BM25 score in them."""
        number = self.vocabulary.get(term)
        if number is None or number + 1 >= len(self._starts):
            return self._documents[:0], self._data[:0]
        span = slice(self._starts[number], self._starts[number + 1])
        return self._documents[span], self._data[span]

    def idf(self, term: str) -> float:
        """How rare a term is: ln((n + 1) / (documents with it + .5)); a term unknown here is as rare as can be."""
        documents, _ = self.postings(term)
        return math.log((self.size + 1) / (len(documents) + 0.5))
