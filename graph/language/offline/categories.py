"""Which categories of a company's catalogue a text may mean, and how likely it is that none does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from graph.language.offline.folding import canonical
from graph.language.offline.likeness import Embed, Likeness, Numbers, Vectors, weighted

RIDGE = 1.0  # of the regression; .25 to 2 are within a point of each other
MIDDLE = 2.0  # weight of a category's mean example beside the regression: it carries where examples are few
MOST = 6000  # examples learnt from: their table of likeness is 300 MB, and 15 s to invert
FEW = 2  # a choice needs two labels
MOST_FOREIGN = 1000
SIBLINGS = 3  # examples of a label without which leaving one out says nothing
TELLING = 24  # examples that must be left out for their answers to be a measure
SHARPNESS = np.geomspace(1.0, 30.0, 30)  # tried
HIDDEN = 0.1  # weight of a text whose category was hidden: siblings are nearer than most of what is foreign
STRANGE = 0.3  # weight of a foreign text: those at hand are not as many as there are at work
PENALTY = 0.1  # of the logistic regression


@dataclass(frozen=True, slots=True)
class Trust:
    """From merits to probabilities: `sharpness` of the choice, and a logistic on three signs that any label applies."""

    sharpness: float = 6.0
    weights: tuple[float, float, float] = (2.0, 1.5, 3.5)
    offset: float = -1.6

    def applies(self, merits: Numbers, nearest: Numbers) -> Numbers:
        """For each row, how likely it is that one of the labels is right."""
        signs = _signs(merits, nearest) @ np.array(self.weights) + self.offset
        return np.asarray(1.0 / (1.0 + np.exp(-signs)))


@dataclass(frozen=True, slots=True)
class Model:
    """A ridge regression on likeness: how each example speaks for each label; foreign ones come last."""

    likeness: Likeness
    voices: Numbers  # examples x labels
    middles: Numbers  # examples x labels, without the foreign ones: each label's mean of unit examples
    trust: Trust

    def score(self, text: str, vector: Numbers | None) -> Numbers:
        """A probability for each label; all low when the text is like none."""
        alike, length = self.likeness.to(text, vector)
        if not alike.any():
            return np.zeros(self.voices.shape[1])
        near = (alike / self.likeness.lengths / length)[: len(self.middles)]
        merits = ((alike + 1.0) @ self.voices + MIDDLE * near @ self.middles)[None]
        shares = np.exp(self.trust.sharpness * (merits - merits.max()))
        return np.asarray((shares / shares.sum() * self.trust.applies(merits, near.max(keepdims=True)))[0])


@dataclass(frozen=True, slots=True)
class CategoryClassifier:
    """Labels with scores in [0, 1]; the sum of a text's scores is how likely it is that any label applies."""

    labels: tuple[str, ...]
    model: Model | None
    embed: Embed | None

    @classmethod
    def train(
        cls, examples: Sequence[tuple[str, str]], *, foreign: Sequence[str] = (), embed: Embed | None = None
    ) -> Self:
        """Learn from (text, label) pairs, and from `foreign` texts that no label is right for, where there are any.

        Under a second for a thousand; one label or none is fine too.
        """
        known = _at_most([(text, label) for text, label in examples if canonical(text)])
        labels = tuple(sorted({label for _, label in known}))
        if len(labels) < FEW:
            return cls(labels, None, None)
        strange = [text for text in dict.fromkeys(foreign) if canonical(text)][:MOST_FOREIGN]
        likeness = Likeness.of([text for text, _ in known] + strange, embed)
        of = np.array([labels.index(label) for _, label in known])
        return cls(labels, _learn(likeness, of, len(labels)), embed)

    def rank(self, texts: Sequence[str], vectors: Vectors | None = None) -> list[list[tuple[str, float]]]:
        """For each text all labels, best first; `vectors` saves embedding what the caller has embedded already."""
        if not texts:
            return []
        if self.model is None:
            return [[(label, 0.5) for label in self.labels] for _ in texts]
        if vectors is None and self.embed is not None:
            vectors = self.embed(texts)
        rows = [None] * len(texts) if vectors is None else list(weighted(texts, vectors))
        found = [self.model.score(text, row) for text, row in zip(texts, rows, strict=True)]
        return [self._ranked(scores) for scores in found]

    def _ranked(self, scores: Numbers) -> list[tuple[str, float]]:
        order = np.argsort(-scores, kind="stable")
        return [(self.labels[number], round(float(scores[number]), 6)) for number in order]


def _learn(likeness: Likeness, of: NDArray[np.intp], count: int) -> Model:
    """Solve for the voices; what each example would have got without itself, or without its whole label, is trust."""
    alike = likeness.among()
    size, total = len(of), len(alike)
    own = np.vstack([np.eye(count)[of], np.zeros((total - size, count))])
    unit = alike / likeness.lengths[:, None] / likeness.lengths
    inverse: Any = np.linalg.inv(alike + 1.0 + RIDGE * np.eye(total))
    wanted = 2.0 * own - 1.0
    voices = inverse @ wanted
    sizes = own.sum(axis=0)
    others = MIDDLE * (unit @ own - own) / np.maximum(sizes - own, 1.0)
    alone = wanted - voices / np.diag(inverse)[:, None] + others
    without = _without_label(inverse, voices, wanted, of) + others[:size]
    without[own[:size] > 0] = -np.inf
    np.fill_diagonal(unit, 0.0)
    near = unit[:, :size].max(axis=1)
    far = np.where(of[:, None] == of, 0.0, unit[:size, :size]).max(axis=1)
    trust = _trust(_signs(alone, near), _signs(without, far), alone, of)
    return Model(likeness, voices, own[:size] / sizes, trust)


def _without_label(inverse: Numbers, voices: Numbers, wanted: Numbers, of: NDArray[np.intp]) -> Numbers:
    """What examples of a label get when none of it was learnt: leaving a block out of a ridge has a closed form."""
    merits = np.zeros((len(of), wanted.shape[1]))
    for label in range(wanted.shape[1]):
        block = np.flatnonzero(of == label)
        merits[block] = wanted[block] - np.linalg.solve(inverse[np.ix_(block, block)], voices[block])
    return merits


def _trust(alone: Numbers, without: Numbers, merits: Numbers, of: NDArray[np.intp]) -> Trust:
    """Fit on what leaving out says, where there are enough examples to leave out; else what other catalogues taught.

    `alone`: signs of every example as if it had not been learnt, foreign ones last; `without`: its label neither.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a second that start-up saves

    told = np.bincount(of)[of] >= SIBLINGS
    if told.sum() < TELLING or merits.shape[1] <= FEW:
        return Trust()
    parts = (alone[: len(of)][told], without[told], alone[len(of) :])
    counts = [len(part) for part in parts]
    fitted = LogisticRegression(C=1 / PENALTY)
    fitted.fit(np.vstack(parts), np.repeat((1, 0, 0), counts), sample_weight=np.repeat((1.0, HIDDEN, STRANGE), counts))
    right = merits[: len(of)][told]
    sharpness = min(SHARPNESS, key=lambda sharp: _surprise(sharp * right, of[told]))
    weights = tuple(float(weight) for weight in fitted.coef_[0])
    return Trust(float(sharpness), weights, float(fitted.intercept_[0]))  # type: ignore[arg-type]  # three signs


def _surprise(merits: Numbers, of: NDArray[np.intp]) -> float:
    """Mean negative log-likelihood of the right labels."""
    merits = merits - merits.max(axis=1, keepdims=True)
    return float((np.log(np.exp(merits).sum(axis=1)) - merits[np.arange(len(of)), of]).mean())


def _signs(merits: Numbers, nearest: Numbers) -> Numbers:
    """The best merit, its lead over the next, and the likeness of the nearest example."""
    two = np.partition(merits, -2, axis=1)[:, -2:]
    return np.column_stack([two[:, 1], two[:, 1] - two[:, 0], nearest])


def _at_most(examples: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """All examples, or of every label the first ones, as many as fit."""
    if len(examples) <= MOST:
        return list(examples)
    share = MOST // len({label for _, label in examples})
    kept: dict[str, list[tuple[str, str]]] = {}
    for text, label in examples:
        if len(kept.setdefault(label, [])) < max(share, 1):
            kept[label].append((text, label))
    return [pair for pairs in kept.values() for pair in pairs]
