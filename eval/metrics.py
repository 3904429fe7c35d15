"""What a run adds up to: each metric has a value for every case it applies to, so that runs can be paired."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from eval.record import Row, Score
from eval.scorers.retrieval import MEASURES
from eval.statistics import Interval, interval, pass_power

LOWER_IS_BETTER = frozenset({"false_answers", "missed_answers", "violations"})
OPINION = "judge_"  # how the names of a model's opinions begin; no gate of ours rests on one
Named = Iterator[tuple[str, float]]


@dataclass(slots=True)
class Metric:
    """`layer/name` or `layer/suite/name`: one value for each case (the mean of its repeats), cases by suite."""

    name: str
    values: dict[str, float] = field(default_factory=dict)
    clusters: dict[str, str] = field(default_factory=dict)

    @property
    def lower_is_better(self) -> bool:
        """Whether less of it is better."""
        return self.name.rpartition("/")[2] in LOWER_IS_BETTER

    @property
    def opinion(self) -> bool:
        """Whether it is what a model thinks, not what was measured."""
        return is_opinion(self.name)

    @property
    def interval(self) -> Interval:
        """Its mean with its 95 % interval."""
        cases = sorted(self.values)  # a bootstrap draws by place: the same values give the same interval
        return interval([self.values[case] for case in cases], [self.clusters[case] for case in cases])


def is_opinion(name: str) -> bool:
    """Whether a metric of this name is what a model thinks."""
    return name.rpartition("/")[2].startswith(OPINION)


def metrics(rows: Iterable[Row]) -> dict[str, Metric]:
    """All metrics of a run by name, whole layers and single suites; rows of errors are no part of any."""
    held: dict[str, dict[str, list[float]]] = {}
    clusters: dict[str, str] = {}
    for row in rows:
        if row.verdict == "error":
            continue
        clusters[row.case] = _cluster(row)
        for name, value in _named(row):
            for scope in (row.layer, f"{row.layer}/{row.suite}"):
                held.setdefault(f"{scope}/{name}", {}).setdefault(row.case, []).append(value)
    held |= _in_a_row(held)
    return {
        name: Metric(
            name, {case: sum(v) / len(v) for case, v in cases.items()}, {case: clusters[case] for case in cases}
        )
        for name, cases in sorted(held.items())
    }


def _in_a_row(held: dict[str, dict[str, list[float]]]) -> dict[str, dict[str, list[float]]]:
    """pass^k: the chance that a case run k times passes every time, for each k that all cases allow."""
    told = {}
    for name, cases in held.items():
        scope, _, kind = name.rpartition("/")
        least = min(map(len, cases.values()))
        if kind == "passed" and least > 1:
            for k in range(1, least + 1):
                told[f"{scope}/pass^{k}"] = {
                    case: [pass_power([value == 1 for value in values], k)] for case, values in cases.items()
                }
    return told


def _named(row: Row) -> Named:
    yield "passed", float(row.verdict == "passed")
    for score in row.scores:
        if score.value is not None:
            yield score.scorer, score.value
        yield from _of_score(score)
    for name, verdict in row.opinion.verdicts.items() if row.opinion else ():
        if verdict is not None:
            yield f"{OPINION}{name}", float(verdict)


def _of_score(score: Score) -> Named:
    facts = score.facts
    if score.scorer == "ranking":
        yield from ((name, float(facts[name])) for name in MEASURES)
    elif score.scorer == "category":
        yield "category@3", float(facts["in_three"])
    elif score.scorer == "band":
        name, wrong = ("missed_answers", "none") if facts["applies"] else ("false_answers", "answer")
        yield name, float(facts["band"] == wrong)
        if facts["applies"]:
            yield "answered", float(facts["band"] == "answer")
    elif score.scorer == "safety":
        yield "violations", float(facts["violations"])


def _cluster(row: Row) -> str:
    """Cases that hang together: of one suite and theme, which is what an id says before its last number."""
    theme = row.cluster or row.case.rstrip("0123456789").rstrip("-")
    return f"{row.suite}/{theme}"
