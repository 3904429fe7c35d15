"""Few numbers told honestly: percentiles, shares and means with their 95 % intervals, and when there are too few."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from app.knowledge.usage import wilson

FEW = 10  # below so many a share or a mean says nothing, and is not told
SURE = 1.959964  # standard errors of a 95 % interval


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`, with the 95 % interval of the share (Wilson)."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None when there are too few to tell."""
        return self.hits / self.of if self.of >= FEW else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share of many more would lie."""
        return wilson(self.hits, self.of)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean of `of` values with its 95 % interval; None when there are too few to tell."""

    of: int
    value: float | None = None
    low: float = 0.0
    high: float = 0.0


def mean(values: Sequence[float], least: float, most: float) -> Mean:
    """The mean of values on a scale from `least` to `most`, which the interval does not leave."""
    count = len(values)
    if count < FEW:
        return Mean(count)
    middle = sum(values) / count
    spread = sqrt(sum((value - middle) ** 2 for value in values) / (count - 1))
    reach = _student(count - 1) * spread / sqrt(count)
    return Mean(count, middle, max(least, middle - reach), min(most, middle + reach))


def _student(freedom: int) -> float:
    """The 97.5 % point of Student's t, to three digits from 9 degrees of freedom on (Cornish and Fisher)."""
    z = SURE
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that `share` of them do not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(ceil(share * len(ordered)), 1) - 1]
