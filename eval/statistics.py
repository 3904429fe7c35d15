"""Honest numbers: intervals that respect clusters, paired differences, what zero failures prove, what could be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

RESAMPLES = 2000  # of every bootstrap
SEED = 7
LEVEL = 0.95
POWER = 0.8  # with which a difference of the minimum size is seen

Numbers = NDArray[np.float64]
Outcome = Literal["better", "worse", "not distinguishable"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval over `count` values in `clusters` groups."""

    mean: float
    low: float
    high: float
    count: int
    clusters: int

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same cases before and after. `seen`: the least difference in the mean that so many cases show in 4 of 5 runs.

    `p_value` is McNemar's exact one and stands only where every value is 0 or 1.
    """

    before: Interval
    after: Interval
    difference: Interval
    gained: int  # cases that went up
    lost: int
    p_value: float | None
    seen: float
    outcome: Outcome


def interval(values: Sequence[float], clusters: Sequence[str] | None = None) -> Interval:
    """The mean of values that come in clusters; whole clusters are resampled, for their values hang together.

    A sample with no spread says nothing about the rest: where all values are 0 or all are 1, the interval is Wilson's
    (Clopper-Pearson's upper end is the rule of three).
    """
    sample = np.asarray(values, np.float64)
    names = list(clusters) if clusters is not None else [str(number) for number in range(len(sample))]
    if len(names) != len(sample):
        raise ValueError("as many clusters as values")
    if len(sample) == 0:
        return Interval(0.0, 0.0, 1.0, 0, 0)
    groups = len(set(names))
    if np.all(sample == sample[0]) and sample[0] in (0.0, 1.0):
        exact = binomtest(int(sample.sum()), len(sample)).proportion_ci(LEVEL, method="exact")
        return Interval(float(sample[0]), float(exact.low), float(exact.high), len(sample), groups)
    low, high = _bootstrap(sample, names)
    return Interval(float(sample.mean()), low, high, len(sample), groups)


def compare(before: Mapping[str, float], after: Mapping[str, float], clusters: Mapping[str, str]) -> Comparison:
    """Two runs over the cases that both have, by case; `clusters` names each case's group."""
    cases = sorted(before.keys() & after.keys())
    if not cases:
        raise ValueError("the runs have no case in common")
    names = [clusters.get(case, case) for case in cases]
    old, new = (np.array([run[case] for case in cases], np.float64) for run in (before, after))
    change = _change(new - old, names)
    gained, lost = int((new > old).sum()), int((new < old).sum())
    yes_or_no = bool(np.isin(old, (0.0, 1.0)).all() and np.isin(new, (0.0, 1.0)).all())
    return Comparison(
        before=interval(list(old), names),
        after=interval(list(new), names),
        difference=change,
        gained=gained,
        lost=lost,
        p_value=mcnemar(gained, lost) if yes_or_no else None,
        seen=least_seen(new - old),
        outcome=_outcome(change, mcnemar(gained, lost) if yes_or_no else 0.0),
    )


def _change(differences: Numbers, names: Sequence[str]) -> Interval:
    """The mean difference; where no case changed, as many as could change unseen may still do so either way."""
    groups = len(set(names))
    if not differences.any():
        unseen = rule_of_three(len(differences))
        return Interval(0.0, -unseen, unseen, len(differences), groups)
    low, high = _bootstrap(differences, names)
    return Interval(float(differences.mean()), low, high, len(differences), groups)


def mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided p-value that as many cases would be gained as lost."""
    return float(binomtest(gained, gained + lost, 0.5).pvalue) if gained + lost else 1.0


def rule_of_three(tries: int) -> float:
    """With no failure in so many tries, the failure rate is below this with 95 % confidence."""
    return float(binomtest(0, tries).proportion_ci(1 - 2 * (1 - LEVEL), method="exact").high) if tries else 1.0


def least_seen(differences: Numbers) -> float:
    """The least mean difference that a paired test over so many cases finds in `POWER` of runs (two-sided, 5 %).

    Where nothing differed, one case in each direction is assumed: a suite of n cases cannot see less than that.
    """
    count = len(differences)
    spread = float(differences.std(ddof=1)) if count > 1 else 1.0
    spread = max(spread, (2 / count) ** 0.5)
    return float(min(1.0, (norm.ppf(1 - (1 - LEVEL) / 2) + norm.ppf(POWER)) * spread / count**0.5))


def pass_power(passed: Sequence[bool], k: int) -> float:
    """The chance that k tries of one case all pass, from n >= k tries, without bias: C(passed, k) / C(n, k)."""
    n, c = len(passed), sum(passed)
    if k < 1 or k > n:
        raise ValueError(f"k from 1 to {n}")
    return float(np.prod([(c - i) / (n - i) for i in range(k)])) if c >= k else 0.0


def _bootstrap(sample: Numbers, names: Sequence[str]) -> tuple[float, float]:
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        places.setdefault(name, []).append(place)
    sums = np.array([sample[group].sum() for group in places.values()])
    sizes = np.array([len(group) for group in places.values()])
    chosen = np.random.default_rng(SEED).integers(0, len(sums), (RESAMPLES, len(sums)))
    means = sums[chosen].sum(axis=1) / sizes[chosen].sum(axis=1)
    low, high = np.percentile(means, (100 * (1 - LEVEL) / 2, 100 * (1 + LEVEL) / 2))
    return float(low), float(high)


def _outcome(change: Interval, p_value: float) -> Outcome:
    """The interval must speak and, of cases that pass or fail, their exact count too."""
    clear = p_value < 1 - LEVEL
    if change.low > 0 and clear:
        return "better"
    return "worse" if change.high < 0 and clear else "not distinguishable"
