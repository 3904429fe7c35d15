"""All that a report tells of a run, gathered once for the page, the Markdown and JUnit's XML."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.abstention import Abstention, abstention
from eval.comparing import Changed, Difference, difference, told_of
from eval.labels import Classification, FieldType, classify, decisions, field_types
from eval.metrics import Metric, metrics
from eval.opinion import JudgeFacts
from eval.record import Exchange, Row, RunFacts
from eval.spending import Spending, spending
from eval.statistics import rule_of_three
from eval.suite import Layer

Run = tuple[RunFacts, list[Row]]


@dataclass(frozen=True, slots=True)
class LayerTold:
    """One layer: what came of its cases, its metrics over all suites, and what each suite passed."""

    name: Layer
    counts: Counter[str]
    metrics: tuple[Metric, ...]
    suites: tuple[Metric, ...]

    @property
    def judged(self) -> int:
        """How many rows have a verdict."""
        return self.counts["passed"] + self.counts["failed"]

    @property
    def proven(self) -> float | None:
        """Where nothing failed: the failure rate is below this with 95 % confidence."""
        return rule_of_three(self.judged) if self.judged and not self.counts["failed"] else None


@dataclass(frozen=True, slots=True)
class Opinions:
    """What a model thinks of the conversations: no part of any verdict."""

    judge: JudgeFacts
    metrics: tuple[Metric, ...]  # the share of "yes", by criterion
    judged: int
    unsure: int  # verdicts that turned with the order of asking
    troubles: Counter[str]  # why there is no opinion
    disliked: tuple[Row, ...]  # those with a "no"
    cost: float
    tokens: int


@dataclass(frozen=True, slots=True)
class Side:
    """One turn of a conversation in both runs; None where one had no such turn."""

    before: Exchange | None
    after: Exchange | None

    @property
    def differs(self) -> bool:
        """Whether it is told differently."""
        return self.before is None or self.after is None or told_of(self.before) != told_of(self.after)


@dataclass(frozen=True, slots=True)
class Report:
    """A run, and what differs from another one when there is one."""

    facts: RunFacts
    rows: tuple[Row, ...]
    layers: tuple[LayerTold, ...]
    classifications: tuple[Classification, ...]
    fields: tuple[FieldType, ...]
    abstention: Abstention | None
    spending: tuple[Spending, ...]
    opinions: Opinions | None = None
    against: RunFacts | None = None
    difference: Difference | None = None

    @property
    def counts(self) -> Counter[str]:
        """Rows by verdict."""
        return Counter(row.verdict for row in self.rows)

    @property
    def failures(self) -> list[Row]:
        """Rows that failed; the safety ones first."""
        failed = [row for row in self.rows if row.verdict == "failed"]
        return sorted(failed, key=lambda row: (row.layer != "safety", row.layer, row.suite, row.case, row.repeat))

    @property
    def errors(self) -> list[Row]:
        """Rows that could not be run."""
        return [row for row in self.rows if row.verdict == "error"]


def gather(run: Run, against: Run | None = None) -> Report:
    """Everything of a run."""
    facts, rows = run
    told = {name: decisions(rows, name) for name in ("intent", "category")}
    return Report(
        facts=facts,
        rows=tuple(rows),
        layers=tuple(_layers(rows)),
        classifications=tuple(classify(name, each) for name, each in told.items() if each),
        fields=field_types(rows),
        abstention=abstention(rows),
        spending=spending(rows),
        opinions=_opinions(facts, rows),
        against=against[0] if against else None,
        difference=difference(against[1], rows) if against else None,
    )


def sides(changed: Changed) -> list[Side]:
    """A conversation turn by turn, both runs beside each other."""
    before, after = changed.before.exchanges, changed.after.exchanges
    longest = max(len(before), len(after))
    return [Side(before[n] if n < len(before) else None, after[n] if n < len(after) else None) for n in range(longest)]


def _layers(rows: Sequence[Row]) -> Iterator[LayerTold]:
    found = metrics(rows)
    for layer in dict.fromkeys(row.layer for row in rows):
        mine = [metric for name, metric in found.items() if name.startswith(f"{layer}/") and not metric.opinion]
        yield LayerTold(
            name=layer,
            counts=Counter(row.verdict for row in rows if row.layer == layer),
            metrics=tuple(metric for metric in mine if metric.name.count("/") == 1),
            suites=tuple(metric for metric in mine if metric.name.count("/") == 2 and metric.name.endswith("/passed")),
        )


def _opinions(facts: RunFacts, rows: Sequence[Row]) -> Opinions | None:
    told = [row.opinion for row in rows if row.opinion]
    if facts.judge is None or not told:
        return None
    found = [metric for name, metric in metrics(rows).items() if metric.opinion and name.count("/") == 1]
    return Opinions(
        judge=facts.judge,
        metrics=tuple(found),
        judged=sum(not each.trouble for each in told),
        unsure=sum(verdict is None for each in told for verdict in each.verdicts.values()),
        troubles=Counter(each.trouble for each in told if each.trouble),
        disliked=tuple(row for row in rows if row.opinion and False in row.opinion.verdicts.values()),
        cost=sum(each.cost for each in told),
        tokens=sum(each.tokens for each in told),
    )
