"""How well texts find their category: the shipped classifier on labelled texts, and what its scores are worth."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import rankdata

from eval.labelled import NONE, Labelled, LabelledSetError, folded
from eval.statistics import LEVEL, RESAMPLES, SEED, Interval, interval
from graph.language.offline.categories import FEW, CategoryClassifier
from graph.language.offline.engine import examples_of, foreign
from graph.language.offline.likeness import Embed
from graph.matters import CLEAR
from tools.service_desk import Category

BINS = 10  # of confidence
WORST = 10  # pairs shown
BATCH = 256  # texts
TIMED = 100  # texts
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Judged:
    """One text: what it was, what it was taken for, and how surely. `ranked` are the three best labels."""

    label: str
    ranked: tuple[str, ...]
    score: float  # of the best
    applies: float  # that any label is right


@dataclass(frozen=True, slots=True)
class Report:
    """Intervals hold 95 %; those that cannot be had (no text of the kind) are None.

    `accuracy_1`, `accuracy_3`: of texts with a label, whatever the threshold. `decided`: of all texts, with "none" said
    below the threshold. `calibration_error`: expected, over ten bins of the best label's score.
    """

    texts: int
    labels: int
    learnt_from: int
    threshold: float
    accuracy_1: Interval | None
    accuracy_3: Interval | None
    decided: Interval
    macro_f1: Interval
    none_recall: Interval | None
    none_precision: Interval | None
    none_auroc: float | None
    refused: Interval | None  # texts with a label for which none was said
    calibration_error: float
    confused: tuple[tuple[str, str, int], ...]  # what it was, what it was taken for, how often
    unknown: tuple[str, ...]  # labels of the test that nothing was learnt about
    train_seconds: float
    p50_ms: float
    p95_ms: float
    vectors: bool

    def as_json(self) -> dict[str, Any]:
        """What `--json` writes: no text of anybody, only numbers and labels."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Bench:
    """What all parts of a measurement share."""

    categories: tuple[Category, ...] = ()
    embed: Embed | None = None  # that may remember
    embed_anew: Embed | None = None  # that does not, to be timed
    threshold: float = CLEAR
    progress: Progress = lambda *_: None

    def embedded(self, texts: Sequence[str]) -> None:
        """Have everything embedded, part by part, so that learning is timed without it."""
        wanted = list(dict.fromkeys(texts))
        for start in range(0, len(wanted) if self.embed else 0, BATCH):
            self.embed(wanted[start : start + BATCH])  # type: ignore[misc]  # there is one
            self.progress("embedding", min(start + BATCH, len(wanted)), len(wanted))


def measure(bench: Bench, train: Sequence[Labelled], test: Sequence[Labelled]) -> Report:
    """Learn from `train` and the catalogue, judge `test`; raises LabelledSetError."""
    return _report(bench, [_run(bench, train, test)], test, len(train))


def measure_folds(bench: Bench, rows: Sequence[Labelled], count: int, seed: int) -> Report:
    """Every text judged by a classifier that has not seen it; raises LabelledSetError."""
    if not 1 < count <= len(rows):
        raise LabelledSetError(f"{len(rows)} lines cannot be cut into {count} parts.")
    parts = list(folded(rows, count, seed))
    runs = [_run(bench, train, test) for train, test in parts]
    return _report(bench, runs, [row for _, test in parts for row in test], len(parts[0][0]))


@dataclass(frozen=True, slots=True)
class _Run:
    judged: list[Judged]
    labels: tuple[str, ...]
    seconds: float
    times: list[float]


def _run(bench: Bench, train: Sequence[Labelled], test: Sequence[Labelled]) -> _Run:
    examples = [(row.text, row.label) for row in train if row.label != NONE]
    examples += examples_of(bench.categories)
    if len({label for _, label in examples}) < FEW:
        raise LabelledSetError("There is nothing to choose from: at least two labels besides oos need examples.")
    strange = [row.text for row in train if row.label == NONE]
    strange += foreign() if bench.categories else ()
    bench.embedded([text for text, _ in examples] + strange + [row.text for row in test])
    started = time.perf_counter()
    classifier = CategoryClassifier.train(examples, foreign=strange, embed=bench.embed)
    seconds = time.perf_counter() - started
    judged: list[Judged] = []
    for start in range(0, len(test), BATCH):
        part = test[start : start + BATCH]
        found = classifier.rank([row.text for row in part])
        judged += [_judged(row.label, ranked) for row, ranked in zip(part, found, strict=True)]
        bench.progress("judging", len(judged), len(test))
    return _Run(judged, classifier.labels, seconds, _times(replace(classifier, embed=bench.embed_anew), test))


def _judged(label: str, ranked: Sequence[tuple[str, float]]) -> Judged:
    best = tuple(name for name, _ in ranked[:3])
    return Judged(label, best, ranked[0][1], min(1.0, sum(score for _, score in ranked)))


def _times(classifier: CategoryClassifier, test: Sequence[Labelled]) -> list[float]:
    """Milliseconds of some texts, each put alone and never seen, as messages come."""
    times = []
    for row in test[:TIMED]:
        started = time.perf_counter()
        classifier.rank([row.text])
        times.append((time.perf_counter() - started) * 1000)
    return times


def _report(bench: Bench, runs: Sequence[_Run], test: Sequence[Labelled], learnt_from: int) -> Report:
    judged = [each for run in runs for each in run.judged]
    inside = [each for each in judged if each.label != NONE]
    outside = [each for each in judged if each.label == NONE]
    taken = [_taken(each, bench.threshold) for each in judged]
    refusals = [each for each, found in zip(judged, taken, strict=True) if found == NONE]
    known = {label for run in runs for label in run.labels}
    p50, p95 = np.percentile([ms for run in runs for ms in run.times], (50, 95))
    return Report(
        texts=len(test),
        labels=len(known),
        learnt_from=learnt_from,
        threshold=bench.threshold,
        accuracy_1=_share([each.ranked[0] == each.label for each in inside]),
        accuracy_3=_share([each.label in each.ranked for each in inside]),
        decided=interval([float(each.label == found) for each, found in zip(judged, taken, strict=True)]),
        macro_f1=_macro_f1([each.label for each in judged], taken),
        none_recall=_share([each.score < bench.threshold for each in outside]),
        none_precision=_share([each.label == NONE for each in refusals]) if outside else None,
        none_auroc=_auroc([each.applies for each in inside], [each.applies for each in outside]),
        refused=_share([each.score < bench.threshold for each in inside]),
        calibration_error=_calibration_error(judged),
        confused=_confused(judged, taken),
        unknown=tuple(sorted({each.label for each in inside} - known)),
        train_seconds=float(np.mean([run.seconds for run in runs])),
        p50_ms=float(p50),
        p95_ms=float(p95),
        vectors=bench.embed is not None,
    )


def _taken(each: Judged, threshold: float) -> str:
    return each.ranked[0] if each.score >= threshold else NONE


def _share(right: Sequence[bool]) -> Interval | None:
    return interval([float(each) for each in right]) if right else None


def _macro_f1(wanted: Sequence[str], taken: Sequence[str]) -> Interval:
    """The mean over the labels that were wanted, "none" among them; resampled by text."""
    names = {label: number for number, label in enumerate(sorted(set(wanted) | set(taken)))}
    was = np.array([names[label] for label in wanted])
    found = np.array([names[label] for label in taken])
    chosen = np.random.default_rng(SEED).integers(0, len(was), (RESAMPLES, len(was)))
    low, high = np.percentile(
        [_mean_f1(was[row], found[row], len(names)) for row in chosen], (50 * (1 - LEVEL), 50 * (1 + LEVEL))
    )
    return Interval(_mean_f1(was, found, len(names)), float(low), float(high), len(was), len(was))


def _mean_f1(was: Any, found: Any, count: int) -> float:
    right = np.bincount(was[was == found], minlength=count)
    supports, takings = np.bincount(was, minlength=count), np.bincount(found, minlength=count)
    scores = 2 * right / np.maximum(supports + takings, 1)
    return float(scores[supports > 0].mean())


def _auroc(inside: Sequence[float], outside: Sequence[float]) -> float | None:
    """How often a text with a label seems likelier to have one than a text without."""
    if not inside or not outside:
        return None
    ranks = rankdata([*inside, *outside])[: len(inside)]
    return float((ranks.sum() - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside)))


def _calibration_error(judged: Sequence[Judged]) -> float:
    scores = np.array([each.score for each in judged])
    right = np.array([each.ranked[0] == each.label for each in judged], np.float64)
    places = np.minimum((scores * BINS).astype(int), BINS - 1)
    gaps = [
        abs(float(scores[places == place].sum() - right[places == place].sum())) for place in range(BINS)
    ]  # a bin's gap times its share of all
    return sum(gaps) / len(judged)


def _confused(judged: Sequence[Judged], taken: Sequence[str]) -> tuple[tuple[str, str, int], ...]:
    pairs = Counter((each.label, found) for each, found in zip(judged, taken, strict=True) if each.label != found)
    return tuple(
        (was, found, count) for (was, found), count in sorted(pairs.items(), key=lambda p: (-p[1], p[0]))[:WORST]
    )
