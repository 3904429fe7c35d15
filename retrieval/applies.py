"""Whether an article applies to a question at all: a probability from how well the best one covers it."""

from dataclasses import dataclass
from math import exp, log1p

from retrieval.passage import Band

ANSWER = 0.65
OFFER = 0.35


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the best article. None of it grows with the size of the knowledge base."""

    ideas: float  # share of the question's ideas it holds, rare ones counting more
    title: float  # the same in its title and keywords
    pieces: float  # share of the question's 4-letter pieces it holds
    cosine: float | None  # of its nearest chunk; None without a model
    margin: float  # lead over the next article, as a share of its own score
    length: int  # ideas in the question
    foreign: bool  # the article is in another language than the question

    def features(self) -> tuple[float, ...]:
        """The numbers the coefficients belong to, in their order."""
        return (
            self.ideas, self.title, self.pieces, self.ideas * self.pieces, self.margin, log1p(self.length),
            float(self.foreign), self.cosine or 0.0,
        )  # fmt: skip


BY_WORDS = (-4.0, 4.0, 1.0, 2.0, 1.0, 1.0, 0.0, 0.0, 0.0)
WITH_VECTORS = (-4.0, 4.0, 1.0, 2.0, 1.0, 1.0, 0.0, 0.0, 1.0)


def probability(evidence: Evidence) -> float:
    """How likely the best article applies, in [0, 1]; 0 when it shares nothing with the question."""
    if evidence.pieces <= 0 and not evidence.cosine:
        return 0.0
    intercept, *weights = BY_WORDS if evidence.cosine is None else WITH_VECTORS
    total = intercept + sum(w * x for w, x in zip(weights, evidence.features(), strict=True))
    return 1.0 / (1.0 + exp(-total))


def band(chance: float) -> Band:
    """What to do with it: answer, offer titles, or say that nothing applies."""
    return "answer" if chance >= ANSWER else "offer" if chance >= OFFER else "none"
