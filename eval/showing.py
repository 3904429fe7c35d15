"""Runs, comparisons and gates as tables on a terminal, and as plain values for `--json`."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from eval.comparing import Difference
from eval.gates import Judged
from eval.metrics import metrics
from eval.opinion import Opinion, Validation
from eval.record import Row
from eval.validating import Labelled

console = Console()
MOST_SHOWN = 40  # failures of a run; the report has all
COLOURS = {"better": "green", "worse": "red", "not distinguishable": "dim", "held": "green", "broken": "red"}


def show_run(rows: Sequence[Row]) -> None:
    """What failed and why, then every layer's metrics."""
    troubled = [row for row in rows if row.verdict != "passed"]
    for row in troubled[:MOST_SHOWN]:
        console.print(f"{row.verdict} {row.case}: {reason(row)}", markup=False, highlight=False)
    if len(troubled) > MOST_SHOWN:
        console.print(f"… and {len(troubled) - MOST_SHOWN} more: recado eval report", markup=False)
    table = _table("Metric", "Mean [95 %]", "Cases")
    for name, metric in metrics(rows).items():
        if name.count("/") == 1 and not metric.opinion:
            table.add_row(name, str(metric.interval), str(metric.interval.count))
    console.print(table)
    _show_opinions(rows)
    counts = Counter(row.verdict for row in rows)
    console.print(f"{counts['passed']} of {len(rows)} passed, {counts['failed']} failed, {counts['error']} not run.")


def _show_opinions(rows: Sequence[Row]) -> None:
    """What a model thinks, apart from what was measured."""
    told = [row.opinion for row in rows if row.opinion]
    if not told:
        return
    table = _table("Opinion of a model", "Mean [95 %]", "Cases")
    for name, metric in metrics(rows).items():
        if name.count("/") == 1 and metric.opinion:
            table.add_row(name, str(metric.interval), str(metric.interval.count))
    console.print(table)
    unsure = sum(verdict is None for each in told for verdict in each.verdicts.values())
    gone = sum(bool(each.trouble) for each in told)
    console.print(f"{unsure} verdicts turned with the order of asking; {gone} conversations got no opinion.")


def show_validation(found: Validation, answers: Sequence[Labelled], opinions: Sequence[Opinion]) -> None:
    """How far a judge agrees with people, and where it does not."""
    for answer, told in zip(answers, opinions, strict=True):
        if told.trouble:
            console.print(f"no opinion {answer.id}: {told.trouble}", markup=False, highlight=False)
        for name, verdict in told.verdicts.items():
            if verdict is not None and verdict is not answer.people[name]:
                line = f"differs {answer.id}: {name} is {'yes' if verdict else 'no'}: {told.reasons.get(name, '')}"
                console.print(line, markup=False, highlight=False)
    table = _table(
        "Criterion", "Agreement [95 %]", "Cohen's kappa [95 %]", "Yes/yes", "Judge", "People", "No/no", "Unsure"
    )
    for each in found.criteria:
        kappa = "-" if each.kappa is None else _interval(each.kappa)
        sides = (each.both_yes, each.only_judge, each.only_people, each.both_no, each.unsure)
        table.add_row(each.criterion, escape(_interval(each.agreement)), escape(kappa), *map(str, sides))
    console.print(table)
    console.print("Judge, People: who alone said yes. Unsure: turned with the order of asking.", highlight=False)
    console.print(
        f"{found.answers} answers, {found.errors} without an opinion; cost {found.cost:.4f}.", highlight=False
    )


def _interval(told: tuple[float, float, float]) -> str:
    mean, low, high = told
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"


def _table(*titles: str) -> Table:
    """A plain table: words to the left, numbers to the right."""
    table = Table(box=None, pad_edge=False)
    for place, title in enumerate(titles):
        table.add_column(title, justify="right" if place else "left")
    return table


def show_difference(told: Difference) -> None:
    """Every metric that two runs share, and the cases whose verdict changed."""
    table = Table(box=None, pad_edge=False)
    for title in ("Metric", "Before", "After", "Difference [95 %]", "Could be seen", "Verdict"):
        table.add_column(title, justify="left" if title in ("Metric", "Verdict") else "right")
    for each in told.metrics:
        found = each.comparison
        colour = COLOURS[each.outcome]
        means = (f"{found.before.mean:.3f}", f"{found.after.mean:.3f}", str(found.difference), f"{found.seen:.3f}")
        table.add_row(each.metric, *(escape(text) for text in means), f"[{colour}]{each.outcome}[/]")
    console.print(table)
    for change in told.changed:
        line = f"{change.after.case}: {change.before.verdict} → {change.after.verdict}  {reason(change.after)}"
        console.print(line, markup=False, highlight=False)
    if told.only_before or told.only_after:
        alone = f"{len(told.only_before)} cases only before, {len(told.only_after)} only after"
        console.print(f"{alone}: nothing is said of them.", markup=False)


def show_gates(judged: Iterable[Judged]) -> None:
    """One line a gate."""
    for each in judged:
        colour = COLOURS.get(each.result, "yellow")
        console.print(
            f"[{colour}]{each.result:>10}[/]  {escape(each.metric)}  {escape(each.sentence)}",
            highlight=False,
            soft_wrap=True,
        )


def reason(row: Row) -> str:
    """Why a case did not pass, in one line; empty when it did."""
    if row.verdict == "error":
        return row.trouble
    return next((detail for score in row.scores if score.passed is False for detail in score.details), "")


def reasons(row: Row) -> list[str]:
    """Every reason why a case did not pass."""
    if row.verdict == "error":
        return [row.trouble]
    return [f"{score.scorer}: {detail}" for score in row.scores if score.passed is False for detail in score.details]


def as_json(told: Any) -> Any:
    """Dataclasses and models as plain values."""
    if isinstance(told, BaseModel):
        return told.model_dump(mode="json")
    if is_dataclass(told) and not isinstance(told, type):
        return {name: as_json(getattr(told, name)) for name in asdict(told)}
    if isinstance(told, list | tuple):
        return [as_json(each) for each in told]
    return told
