"""How alike short texts are: their words, pieces of their words, and sentence vectors where there is a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from graph.language.offline.folding import canonical
from graph.language.offline.grams import Grams, stems
from retrieval.identification import identifier

Numbers = NDArray[np.float64]
Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]

ENGLISH, OTHER = 2.0, 1.0  # weight of the vector beside two rows of grams: the model reads English
SAMPLE = 400  # characters that tell a text's language


@dataclass(frozen=True, slots=True)
class Likeness:
    """Examples to compare texts with. `rows` is grams x examples, `vectors` examples x dimension, weighted.

    Two texts that share everything are as alike as `lengths` squared, those that share nothing 0.
    """

    grams: tuple[Grams, ...]
    rows: Any  # scipy's sparse matrix, untyped
    vectors: Numbers | None
    lengths: Numbers

    @classmethod
    def of(cls, texts: Sequence[str], embed: Embed | None) -> Self:
        """Learn which grams are rare from the examples themselves."""
        from scipy import sparse  # noqa: PLC0415 - comes with scikit-learn, loaded when it is
        from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - a second that start-up saves

        vectorizers = (
            TfidfVectorizer(analyzer=stems, sublinear_tf=True),
            TfidfVectorizer(preprocessor=canonical, analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
        )
        rows = sparse.hstack([vectorizer.fit_transform(texts) for vectorizer in vectorizers]).tocsr()
        vectors = weighted(texts, embed(texts)) if embed is not None else None
        squares = np.asarray(rows.multiply(rows).sum(axis=1)).ravel()
        if vectors is not None:
            squares = squares + (vectors * vectors).sum(axis=1)
        return cls(tuple(map(Grams.of, vectorizers)), rows.T.tocsr(), vectors, np.sqrt(squares))

    def among(self) -> Numbers:
        """The examples beside each other."""
        alike = np.asarray((self.rows.T @ self.rows).toarray(), np.float64)
        return alike if self.vectors is None else alike + self.vectors @ self.vectors.T

    def to(self, text: str, vector: Numbers | None) -> tuple[Numbers, float]:
        """How alike a text is to each example, and its own length; `vector` is weighted already."""
        alike, square, offset = np.zeros(self.rows.shape[1]), 0.0, 0
        for grams in self.grams:
            numbers, weights = grams.row(text, whole=True)
            if len(numbers):
                alike += weights @ self.rows[offset + numbers]
            square += 1.0
            offset += len(grams.numbers)
        if vector is not None and self.vectors is not None:
            alike += self.vectors @ vector
            square += float(vector @ vector)
        return alike, square**0.5


def weighted(texts: Sequence[str], vectors: Vectors) -> Numbers:
    """Vectors as long as they count: more in the language that the model was made for."""
    weights = [ENGLISH if identifier().rank(text[:SAMPLE].lower())[0][0] == "en" else OTHER for text in texts]
    scaled: Numbers = np.asarray(vectors, np.float64) * np.array(weights)[:, None]
    return scaled
