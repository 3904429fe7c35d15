"""What a classification report looks like in a terminal."""

from rich.console import Console, Group
from rich.table import Table

from eval.classification import Report
from eval.statistics import Interval


def show(report: Report) -> None:
    """Print both tables."""
    Console().print(Group(_figures(report), *([_pairs(report)] if report.confused else [])))
    if report.unknown:
        names = ", ".join(report.unknown[:5]) + (" …" if len(report.unknown) > 5 else "")
        Console(stderr=True).print(f"Nothing was learnt about: {names}.", markup=False, style="yellow")


def _figures(report: Report) -> Table:
    by = "words and vectors" if report.vectors else "words"
    caption = f"{report.texts:,} texts, {report.labels:,} labels, learnt from {report.learnt_from:,} lines, by {by}"
    table = Table(title="Understanding", caption=caption)
    table.add_column("")
    table.add_column("Mean [95 %]", justify="right")
    for name, value in _rows(report):
        table.add_row(name, value)
    return table


def _rows(report: Report) -> list[tuple[str, str]]:
    below = f"below {report.threshold:.2f}"
    return [
        ("Right label first", _told(report.accuracy_1)),
        ("Right label among three", _told(report.accuracy_3)),
        (f'"None applies" ({below}): recall', _told(report.none_recall)),
        (f'"None applies" ({below}): precision', _told(report.none_precision)),
        ('"None applies": AUROC', "-" if report.none_auroc is None else f"{report.none_auroc:.3f}"),
        (f"Texts with a label refused ({below})", _told(report.refused)),
        ("Right decision, none among them", _told(report.decided)),
        ("Macro F1 of the decisions", _told(report.macro_f1)),
        ("Expected calibration error", f"{report.calibration_error:.3f}"),
        ("Seconds to learn", f"{report.train_seconds:.2f}"),
        ("ms a text, p50 / p95", f"{report.p50_ms:.1f} / {report.p95_ms:.1f}"),
    ]


def _told(value: Interval | None) -> str:
    return "-" if value is None else str(value)


def _pairs(report: Report) -> Table:
    table = Table(title="Most confused")
    for name in ("It was", "Taken for"):
        table.add_column(name)
    table.add_column("Times", justify="right")
    for was, found, count in report.confused:
        table.add_row(was, found, str(count))
    return table
