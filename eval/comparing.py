"""Two runs side by side: every metric with its paired difference, and every case that changed."""

from dataclasses import dataclass

from eval.metrics import metrics
from eval.record import Exchange, Row
from eval.statistics import Comparison, Outcome, compare

TURNED: dict[Outcome, Outcome] = {
    "better": "worse", "worse": "better", "not distinguishable": "not distinguishable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric in both runs; `outcome` is about the agent: less of what is bad is better."""

    metric: str
    comparison: Comparison
    outcome: Outcome

    @property
    def whole_layer(self) -> bool:
        """Whether it is of all suites of a layer."""
        return self.metric.count("/") == 1


@dataclass(frozen=True, slots=True)
class Changed:
    """A case that came out differently."""

    before: Row
    after: Row


@dataclass(frozen=True, slots=True)
class Difference:
    """All of it. `only_before` and `only_after` are cases that one run has alone: nothing is said of them."""

    metrics: tuple[Compared, ...]
    changed: tuple[Changed, ...]  # other verdicts
    reworded: tuple[Changed, ...]  # the same verdict, but the bot said or understood something else
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]
    errors: tuple[int, int]

    @property
    def gained(self) -> int:
        """Cases that pass now and did not."""
        return sum(pair.after.verdict == "passed" for pair in self.changed)

    @property
    def lost(self) -> int:
        """Cases that passed and do not now."""
        return sum(pair.before.verdict == "passed" for pair in self.changed)


def difference(before: list[Row], after: list[Row]) -> Difference:
    """Compare two runs over the cases that both have."""
    old, new = metrics(before), metrics(after)
    compared = []
    for name in sorted(old.keys() & new.keys()):
        if not old[name].values.keys() & new[name].values.keys():
            continue
        comparison = compare(old[name].values, new[name].values, old[name].clusters | new[name].clusters)
        outcome = TURNED[comparison.outcome] if new[name].lower_is_better else comparison.outcome
        compared.append(Compared(name, comparison, outcome))
    rows = {row.key: row for row in before}
    pairs = [Changed(rows[row.key], row) for row in after if row.key in rows]
    changed = [pair for pair in pairs if pair.before.verdict != pair.after.verdict]
    same = [pair for pair in pairs if pair.before.verdict == pair.after.verdict]
    cases = {row.case for row in before}, {row.case for row in after}
    return Difference(
        metrics=tuple(compared),
        changed=tuple(changed),
        reworded=tuple(pair for pair in same if told(pair.before) != told(pair.after)),
        only_before=tuple(sorted(cases[0] - cases[1])),
        only_after=tuple(sorted(cases[1] - cases[0])),
        errors=(sum(row.verdict == "error" for row in before), sum(row.verdict == "error" for row in after)),
    )


def told(row: Row) -> list[tuple[object, ...]]:
    """What came of a case as far as people see it, turn by turn: replies, and what was understood."""
    return [told_of(exchange) for exchange in row.exchanges]


def told_of(exchange: Exchange) -> tuple[object, ...]:
    """The same of one turn."""
    bands = tuple((found["query"], found["band"]) for found in exchange.searches)
    return exchange.replies, exchange.intents, bands
