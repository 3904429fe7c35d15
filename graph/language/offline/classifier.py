"""A few-shot classifier of short texts: word and character n-grams, and sentence vectors when there is a model."""

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
class CategoryClassifier:
    """Labels with scores in [0, 1]; all scores are low when a text is like none of the examples."""

    labels: tuple[str, ...]
    words: Any
    letters: Any
    model: Any
    embed: Embed | None

    @classmethod
    def train(cls, examples: Sequence[tuple[str, str]], *, embed: Embed | None = None) -> Self:
        """Learn from (text, label) pairs; under a second for a few hundred. One label or none is fine too."""
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - a second that start-up saves
        from sklearn.svm import LinearSVC  # noqa: PLC0415 - as above

        known = [(text, label) for text, label in examples if canonical(text)]
        labels = tuple(sorted({label for _, label in known}))
        word_grams = TfidfVectorizer(analyzer=stems, sublinear_tf=True)
        letter_grams = TfidfVectorizer(
            preprocessor=canonical, analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True
        )
        if len(labels) < FEW:
            return cls(labels, None, None, None, None)
        if 2 * len(labels) > len(known):
            known = known * 2  # scikit-learn takes labels as many as texts for a regression and warns
        texts = [text for text, _ in known]
        word_grams.fit(texts)
        letter_grams.fit(texts)
        untrained = cls(labels, word_grams, letter_grams, None, embed)
        model = LinearSVC(C=1.0, random_state=0)
        model.fit(
            untrained.features(texts, embed(texts) if embed else None), [labels.index(label) for _, label in known]
        )
        return cls(labels, word_grams, letter_grams, model, embed)

    def features(self, texts: Sequence[str], vectors: Vectors | None) -> Any:
        """A sparse row per text."""
        from scipy import sparse  # type: ignore[import-untyped]  # noqa: PLC0415 - comes with scikit-learn, loaded when it is

        parts = [self.words.transform(texts), self.letters.transform(texts)]
        if vectors is not None:
            parts.append(sparse.csr_matrix(DENSE_WEIGHT * np.asarray(vectors)))
        return sparse.hstack(parts).tocsr()

    def rank(self, texts: Sequence[str], vectors: Vectors | None = None) -> list[list[tuple[str, float]]]:
        """For each text all labels, best first; `vectors` saves embedding what the caller has embedded already."""
        if not texts:
            return []
        if self.model is None:
            return [[(label, 0.5) for label in self.labels] for _ in texts]
        if vectors is None and self.embed is not None:
            vectors = self.embed(texts)
        features = self.features(texts, vectors)
        margins = self.model.decision_function(features)
        if margins.ndim == 1:
            margins = np.stack([-margins, margins], axis=1)
        known = features.getnnz(axis=1) > 0
        return [
            self._scored(row) if seen else [(label, 0.0) for label in self.labels]
            for row, seen in zip(margins, known, strict=True)
        ]

    def _scored(self, margins: NDArray[np.float64]) -> list[tuple[str, float]]:
        """Softmax over labels, lowered when even the best margin says "not mine"."""
        best = float(margins.max())
        shares = np.exp(SHARPNESS * (margins - best))
        shares = shares / shares.sum() / (1.0 + np.exp(-SHARPNESS * (best + 0.75)))
        order = np.argsort(-shares, kind="stable")
        return [(self.labels[number], round(float(shares[number]), 6)) for number in order]
