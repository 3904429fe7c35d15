"""What the doctor found, and how it is shown."""

from typing import Literal, NamedTuple

from rich.console import Console
from rich.markup import escape
from rich.table import Table

MARKS = {"good": "[green]✓[/]", "note": "[yellow]•[/]", "trouble": "[red]✗[/]"}


class Finding(NamedTuple):
    """One thing looked at; `advice` says what to do when it is not good."""

    what: str
    state: Literal["good", "note", "trouble"]
    found: str
    advice: str = ""


def show(findings: list[Finding], console: Console) -> None:
    """A table, advice beneath what needs it."""
    table = Table(box=None, show_header=False, padding=(0, 1))
    for finding in findings:
        table.add_row(MARKS[finding.state], finding.what, escape(finding.found))
        if finding.advice:
            table.add_row("", "", f"[dim]{escape(finding.advice)}[/]")
    console.print(table, highlight=False)
