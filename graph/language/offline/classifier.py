"""A few-shot classifier of short texts: word and character n-grams, and sentence vectors when there is a model."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from graph.language.offline.folding import canonical

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]

STEM_LETTERS = 6  # serves the three languages alike; Snowball needs to know which one it reads
DENSE_WEIGHT = 2.0  # best of 1 and 2 on Spanish, English and 150-class few-shot splits
SHARPNESS = 4.0  # margins of a linear SVM lie within about [-1.2, 0.5]
FEW = 2  # an SVM needs two classes


def stems(text: str) -> list[str]:
    """Shortened words and pairs of them."""
    singles = [word[:STEM_LETTERS] for word in canonical(text).split()]
    return singles + [f"{left} {right}" for left, right in pairwise(singles)]


@dataclass(frozen=True, slots=True)
class Grams:
    """What a fitted TfidfVectorizer has learnt; one text is read by it in a fifth of the time that its checks take."""

    analyse: Callable[[str], list[str]]
    numbers: dict[str, int]
    rarity: NDArray[np.float64]

    @classmethod
    def of(cls, fitted: Any) -> Self:
        """Take over from scikit-learn (`sublinear_tf=True`, rows of length 1)."""
        return cls(fitted.build_analyzer(), fitted.vocabulary_, fitted.idf_)

    def row(self, text: str) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The numbers of the grams of a text that are known, and what each counts."""
        counts = Counter(number for gram in self.analyse(text) if (number := self.numbers.get(gram)) is not None)
        numbers = np.fromiter(counts.keys(), np.intp, len(counts))
        weights = (1.0 + np.log(np.fromiter(counts.values(), np.float64, len(counts)))) * self.rarity[numbers]
        return numbers, weights / (float(np.sqrt(weights @ weights)) or 1.0)


@dataclass(frozen=True, slots=True)
class Model:
    """A linear SVM over grams and vectors: a row of `coefficients` for each feature, a column for each class."""

    grams: tuple[Grams, ...]
    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]

    def margins(self, text: str, vector: Vectors | None) -> NDArray[np.float64] | None:
        """How far the text lies on each class's side; None when nothing of it is known."""
        margins, offset, seen = self.intercepts.copy(), 0, vector is not None and bool(np.any(vector))
        for grams in self.grams:
            numbers, weights = grams.row(text)
            margins += weights @ self.coefficients[offset + numbers]
            offset += len(grams.numbers)
            seen = seen or len(numbers) > 0
        if vector is not None:
            margins += DENSE_WEIGHT * vector @ self.coefficients[offset:]
        return margins if seen else None


@dataclass(frozen=True, slots=True)
class CategoryClassifier:
    """Labels with scores in [0, 1]; all scores are low when a text is like none of the examples."""

    labels: tuple[str, ...]
    model: Model | None
    embed: Embed | None

    @classmethod
    def train(cls, examples: Sequence[tuple[str, str]], *, embed: Embed | None = None) -> Self:
        """Learn from (text, label) pairs; under a second for a few hundred. One label or none is fine too."""
        from scipy import sparse  # noqa: PLC0415 - comes with scikit-learn, loaded when it is
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - a second that start-up saves
        from sklearn.svm import LinearSVC  # noqa: PLC0415 - as above

        known = [(text, label) for text, label in examples if canonical(text)]
        labels = tuple(sorted({label for _, label in known}))
        if len(labels) < FEW:
            return cls(labels, None, None)
        if 2 * len(labels) > len(known):
            known = known * 2  # scikit-learn takes labels as many as texts for a regression and warns
        texts = [text for text, _ in known]
        vectorizers = (
            TfidfVectorizer(analyzer=stems, sublinear_tf=True),
            TfidfVectorizer(preprocessor=canonical, analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        )
        features = [vectorizer.fit_transform(texts) for vectorizer in vectorizers]
        if embed is not None:
            features.append(sparse.csr_matrix(DENSE_WEIGHT * np.asarray(embed(texts))))
        svm = LinearSVC(C=1.0, random_state=0)
        svm.fit(sparse.hstack(features).tocsr(), [labels.index(label) for _, label in known])
        coefficients = np.ascontiguousarray(svm.coef_.T)
        return cls(labels, Model(tuple(map(Grams.of, vectorizers)), coefficients, svm.intercept_), embed)

    def rank(self, texts: Sequence[str], vectors: Vectors | None = None) -> list[list[tuple[str, float]]]:
        """For each text all labels, best first; `vectors` saves embedding what the caller has embedded already."""
        if not texts:
            return []
        if self.model is None:
            return [[(label, 0.5) for label in self.labels] for _ in texts]
        if vectors is None and self.embed is not None:
            vectors = self.embed(texts)
        rows = [None] * len(texts) if vectors is None else list(vectors)
        found = [self.model.margins(text, row) for text, row in zip(texts, rows, strict=True)]
        return [[(label, 0.0) for label in self.labels] if row is None else self._scored(row) for row in found]

    def _scored(self, margins: NDArray[np.float64]) -> list[tuple[str, float]]:
        """Softmax over labels, lowered when even the best margin says "not mine"."""
        if len(margins) == 1:  # of two labels an SVM tells the second
            margins = np.concatenate([-margins, margins])
        best = float(margins.max())
        shares = np.exp(SHARPNESS * (margins - best))
        shares = shares / shares.sum() / (1.0 + np.exp(-SHARPNESS * (best + 0.75)))
        order = np.argsort(-shares, kind="stable")
        return [(self.labels[number], round(float(shares[number]), 6)) for number in order]
