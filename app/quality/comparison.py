"""Two runs over the cases both have: which came out differently, and whether that is more than chance.

What is counted here is cases that pass, as `recado eval compare` counts them; its other metrics it writes into the
newer run, as `against-OLDER.json`, where they are read from.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any, Literal

from app.quality.run_files import Case
from app.reports.numbers import Share

Outcome = Literal["better", "worse", "not distinguishable"]
CHANCE = 0.05  # how often chance alone may look like a difference


@dataclass(frozen=True, slots=True)
class Turned:
    """A case whose verdict is another one."""

    before: Case
    after: Case


@dataclass(frozen=True, slots=True)
class Compared:
    """Cases of one layer, or all (name ""): how many passed in each run; `better` and `worse` are single cases."""

    name: str
    before: Share
    after: Share
    better: int
    worse: int
    p_value: float

    @property
    def outcome(self) -> Outcome:
        """What can be said of the newer run."""
        if self.p_value >= CHANCE:
            return "not distinguishable"
        return "better" if self.better > self.worse else "worse"


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as `recado eval compare` found it."""

    name: str
    before: float
    after: float
    difference: float
    low: float
    high: float
    outcome: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All of it. `alone`: cases that only one of the runs has, of which nothing is said."""

    whole: Compared
    layers: tuple[Compared, ...]
    fixed: tuple[Turned, ...]
    broken: tuple[Turned, ...]
    alone: tuple[int, int]


def compare(before: Sequence[Case], after: Sequence[Case]) -> Comparison:
    """Compare what both ran; a case that could not be run is in no count."""
    old = {(case.id, case.repeat): case for case in before}
    pairs = [Turned(old[case.id, case.repeat], case) for case in after if (case.id, case.repeat) in old]
    run = [pair for pair in pairs if "error" not in {pair.before.verdict, pair.after.verdict}]
    ids = {case.id for case in before}, {case.id for case in after}
    return Comparison(
        whole=_compared("", run),
        layers=tuple(
            _compared(name, [pair for pair in run if pair.after.layer == name])
            for name in sorted({pair.after.layer for pair in run})
        ),
        fixed=tuple(pair for pair in run if (pair.before.verdict, pair.after.verdict) == ("failed", "passed")),
        broken=tuple(pair for pair in run if (pair.before.verdict, pair.after.verdict) == ("passed", "failed")),
        alone=(len(ids[0] - ids[1]), len(ids[1] - ids[0])),
    )


def _compared(name: str, pairs: Iterable[Turned]) -> Compared:
    """Each case counts once, with the mean of its repeats."""
    by_case: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for pair in pairs:
        by_case[pair.after.id].append((pair.before.verdict == "passed", pair.after.verdict == "passed"))
    sums = [(sum(old for old, _ in runs), sum(new for _, new in runs), len(runs)) for runs in by_case.values()]
    better, worse = sum(new > old for old, new, _ in sums), sum(new < old for old, new, _ in sums)
    of = sum(count for _, _, count in sums)
    old, new = sum(old for old, _, _ in sums), sum(new for _, new, _ in sums)
    return Compared(name, Share(old, of), Share(new, of), better, worse, sign_test(better, worse))


def sign_test(better: int, worse: int) -> float:
    """How often chance alone would change as unevenly (exact, two-sided; McNemar's for cases run once)."""
    count = better + worse
    tail: float = sum(comb(count, k) for k in range(min(better, worse) + 1)) / 2**count
    return min(1.0, 2 * tail)


def metrics_of(folder: Path, before: str) -> list[Metric]:
    """What `recado eval compare BEFORE AFTER` kept in AFTER; nothing when it was not run."""
    try:
        told = json.loads((folder / f"against-{before}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return []
    return [metric for one in told if (metric := _metric(one))] if isinstance(told, list) else []


def _metric(one: Any) -> Metric | None:
    try:
        found, change = one["comparison"], one["comparison"]["difference"]
        return Metric(
            str(one["metric"]), float(found["before"]["mean"]), float(found["after"]["mean"]), float(change["mean"]),
            float(change["low"]), float(change["high"]), str(one["outcome"]),
        )  # fmt: skip
    except (KeyError, TypeError, ValueError):
        return None
