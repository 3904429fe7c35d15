"""The page of figures: ratios first, then tables, on a machine that is named."""

import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table as Shown

from tests.bench import postgres

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads, with a few words on how they came about."""

    title: str
    words: str
    heads: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def markdown(self) -> str:
        """As a section of the page."""
        lines = [self.heads, ("---",) * len(self.heads), *self.rows]
        return f"## {self.title}\n\n{self.words}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"

    def show(self, console: Console) -> None:
        """On the terminal."""
        shown = Shown(*self.heads, title=self.title)
        for row in self.rows:
            shown.add_row(*row)
        console.print(shown)


@dataclass(slots=True)
class Report:
    """What the parts of the bench found."""

    ratios: list[tuple[str, str, str]] = field(default_factory=list)  # what, ratio, promised
    tables: list[Table] = field(default_factory=list)

    def all(self) -> Iterable[Table]:
        """The ratios first."""
        if self.ratios:
            yield Table("Ratios", RATIOS, ("what", "ratio", "promised"), list(self.ratios))
        yield from self.tables

    def write(self, head: str) -> None:
        """Onto the page."""
        PAGE.write_text("\n".join([head, *(table.markdown() for table in self.all())]), encoding="utf8")


def machine() -> str:
    """What it was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return (
        f"{os.cpu_count()} cores ({next(models, platform.machine())}), Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, PostgreSQL {postgres.version() or 'not there'}, "
        f"load before the start {os.getloadavg()[0]:.1f}"
    )


def introduction(command: str, where: str) -> str:
    """The page's head."""
    after = f"{where}, at the end {os.getloadavg()[0]:.1f}"
    return INTRODUCTION.format(command=command, today=datetime.now(UTC).date(), machine=after)


def p(values: Sequence[float], percent: int) -> float:
    """A percentile."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def half_and_most(values: Sequence[float], unit: str = "ms") -> str:
    """Median and 95th percentile."""
    return f"{p(values, 50):.1f} / {p(values, 95):.1f} {unit}"


def ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return median(a / b for a, b in zip(ours, others, strict=True))


INTRODUCTION = """# Performance

Written by `{command}` on {today}: {machine}.

Absolute times depend on the machine and on what else it does; the load generator and the emulated WhatsApp share the
cores. Ratios compare what ran in the same run, in interleaved rounds, and are the medians of the rounds' ratios; other
figures are medians of the rounds, and processor times are the service's own. *Promised* is what the design promises.
"""

RATIOS = """\
A stock agent is what an engineer would write instead (`tests/bench/stock_agent.py`): LangGraph's ready-made ReAct
agent and checkpointer behind a FastAPI webhook with a background task, with the same index as a tool and another that
opens tickets. Its model is a few rules that answer in no time; Recado's embedded engine understands. What the stock
agent does not do: know who writes, fill fields, offer buttons, say that no article applies, speak three languages,
show that it types, read statuses, deliver again what failed, or take a webhook told twice for one."""
