"""A report as Markdown, for a pull request or a chat."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from eval.record import Row
from eval.report import Opinions, Report
from eval.showing import reason

MOST = 50  # failures named; the page has all
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!@])")


def write_markdown(report: Report, file: Path) -> None:
    """Write it."""
    file.write_text("\n".join(_lines(report)).rstrip() + "\n", "utf-8")


def _lines(report: Report) -> Iterator[str]:
    facts, counts = report.facts, report.counts
    yield f"# Evaluation {_plain(facts.id)}\n"
    yield f"{counts['passed']} of {len(report.rows)} passed, {counts['failed']} failed, {counts['error']} not run. "
    model = f" {facts.model}" if facts.model else ""
    yield f"Engine {facts.engine}{_plain(model)}, source {_plain(facts.revision or 'unknown')}, seed {facts.seed}.\n"
    yield from _against(report)
    yield from _failures(report)
    for layer in report.layers:
        yield f"\n## {layer.name}\n"
        if layer.proven is not None:
            yield f"No failure in {layer.judged}: the failure rate is below {100 * layer.proven:.1f} % (95 %).\n"
        rows = [(m.name.partition("/")[2], str(m.interval), str(m.interval.count)) for m in layer.metrics]
        yield from _table(("Metric", "Mean [95 %]", "Cases"), rows)
    for each in report.classifications:
        yield f"\n## {each.name}: labels\n"
        told = f"{each.right} of {each.count} right, macro F1 {each.macro_f1:.3f}"
        yield f"{told}, calibration error {each.calibration.error:.3f}.\n"
    yield from _opinions(report.opinions)
    yield "\n## Time and cost\n"
    spent = [
        (s.layer, str(s.turns), f"{s.p50:.0f}", f"{s.p95:.0f}", f"{s.tokens:,}", f"{s.cost:.4f}")
        for s in report.spending
    ]
    yield from _table(("Layer", "Turns", "p50 ms", "p95 ms", "Tokens", "Cost"), spent)


def _against(report: Report) -> Iterator[str]:
    told = report.difference
    if told is None or report.against is None:
        return
    yield f"\n## Against {_plain(report.against.id)}\n"
    rows = [
        (
            each.metric, f"{each.comparison.before.mean:.3f}", f"{each.comparison.after.mean:.3f}",
            str(each.comparison.difference), f"{each.comparison.seen:.3f}", each.outcome,
        )
        for each in told.metrics
        if each.metric.count("/") == 1
    ]  # fmt: skip
    yield from _table(("Metric", "Before", "After", "Difference [95 %]", "Could be seen", "Verdict"), rows)
    for change in told.changed:
        yield f"- {_plain(change.after.case)}: {change.before.verdict} → {change.after.verdict} {_told(change.after)}"


def _opinions(told: Opinions | None) -> Iterator[str]:
    if told is None:
        return
    yield "\n## Opinion of a model\n"
    yield f"No part of any verdict. {_plain(told.judge.model)}, {told.judged} conversations, "
    yield f"{sum(told.troubles.values())} without an opinion.\n"
    rows = [(m.name.partition("/judge_")[2], str(m.interval), str(m.interval.count)) for m in told.metrics]
    yield from _table(("Criterion", "Yes [95 %]", "Cases"), rows)
    found = told.judge.validation
    if found is None:
        yield "\nNot validated: nobody has held this judge against people's labels."
        return
    yield f"\nBeside people's labels on {found.answers} answers:\n"
    beside = [
        (a.criterion, _told_interval(a.agreement), _told_interval(a.kappa), str(a.unsure)) for a in found.criteria
    ]
    yield from _table(("Criterion", "Agreement [95 %]", "Cohen's kappa [95 %]", "Unsure"), beside)


def _told_interval(value: tuple[float, float, float] | None) -> str:
    return "-" if value is None else "{:.3f} [{:.3f}, {:.3f}]".format(*value)


def _failures(report: Report) -> Iterator[str]:
    troubled = [*report.failures, *report.errors]
    if not troubled:
        return
    yield "\n## Failures\n"
    for row in troubled[:MOST]:
        yield f"- {row.verdict} **{_plain(row.case)}** ({row.layer}/{_plain(row.suite)}): {_told(row)}"
    if len(troubled) > MOST:
        yield f"- … and {len(troubled) - MOST} more"


def _told(row: Row) -> str:
    return _plain(" ".join(reason(row).split()))


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield "|" + "---|" * len(titles)
    for row in rows:
        yield f"| {' | '.join(_plain(cell) for cell in row)} |"


def _plain(text: str) -> str:
    """Words as words, whatever Markdown would make of them."""
    return SPECIAL.sub(r"\\\1", text)
