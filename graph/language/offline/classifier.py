"""A classifier of short texts by their words and pieces of them: quick to train, with what ships to learn from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from graph.language.offline.folding import canonical
from graph.language.offline.grams import Grams, stems

SHARPNESS = 4.0  # margins of a linear SVM lie within about [-1.2, 0.5]
FEW = 2  # an SVM needs two classes


@dataclass(frozen=True, slots=True)
class Model:
    """A linear SVM over grams: a row of `coefficients` for each feature, a column for each class."""

    grams: tuple[Grams, ...]
    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]

    def margins(self, text: str) -> NDArray[np.float64] | None:
        """How far the text lies on each class's side; None when nothing of it is known."""
        margins, offset, seen = self.intercepts.copy(), 0, False
        for grams in self.grams:
            numbers, weights = grams.row(text)
            margins += weights @ self.coefficients[offset + numbers]
            offset += len(grams.numbers)
            seen = seen or len(numbers) > 0
        return margins if seen else None


@dataclass(frozen=True, slots=True)
class IntentClassifier:
    """Labels with scores in [0, 1]; all scores are low when a text is like none of the examples."""

    labels: tuple[str, ...]
    model: Model | None

    @classmethod
    def train(cls, examples: Sequence[tuple[str, str]]) -> Self:
        """Learn from (text, label) pairs; about a second for two thousand. One label or none is fine too."""
        from scipy import sparse  # noqa: PLC0415 - comes with scikit-learn, loaded when it is
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - a second that start-up saves
        from sklearn.svm import LinearSVC  # noqa: PLC0415 - as above

        known = [(text, label) for text, label in examples if canonical(text)]
        labels = tuple(sorted({label for _, label in known}))
        if len(labels) < FEW:
            return cls(labels, None)
        if 2 * len(labels) > len(known):
            known = known * 2  # scikit-learn takes labels as many as texts for a regression and warns
        texts = [text for text, _ in known]
        vectorizers = (
            TfidfVectorizer(analyzer=stems, sublinear_tf=True),
            TfidfVectorizer(preprocessor=canonical, analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        )
        features = sparse.hstack([vectorizer.fit_transform(texts) for vectorizer in vectorizers]).tocsr()
        svm = LinearSVC(C=1.0, random_state=0)
        svm.fit(features, [labels.index(label) for _, label in known])
        coefficients = np.ascontiguousarray(svm.coef_.T)
        return cls(labels, Model(tuple(map(Grams.of, vectorizers)), coefficients, svm.intercept_))

    def rank(self, texts: Sequence[str]) -> list[list[tuple[str, float]]]:
        """For each text all labels, best first."""
        if self.model is None:
            return [[(label, 0.5) for label in self.labels] for _ in texts]
        found = [self.model.margins(text) for text in texts]
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
