"""`make bench`: measured figures beside the design's and a prototype's, printed and kept in docs/performance.md."""

import asyncio
import logging
import os
import platform
import sqlite3
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from rich.console import Console
from rich.table import Table

from tests.bench import ack, flow, turns
from tests.bench.turns import Figures

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
TALKERS = 21  # people with the whole script each; the first warms up
ASKERS = 150  # people of the whole way, one question each
SECONDS = 5.0  # of each open-loop rate

Row = tuple[str, str, str, str]  # what, measured, the design's figure, the prototype's
HEADS = ("what", "measured", "design", "prototype")


def p(values: Sequence[float], percent: int) -> float:
    """A percentile."""
    return quantiles(values, n=100)[percent - 1]


def ack_rows() -> list[Row]:
    """Acknowledgements: latency at given rates, then throughput beside other servers."""
    rows: list[Row] = []
    for rate, design in ((160, "p99 ≤ 25 ms"), (1000, ""), (2000, "p99 ≤ 100 ms")):
        half, most = ack.latency(rate, SECONDS)
        rows.append((f"ack, durable, {rate} req/s, p50 / p99", f"{half:.1f} / {most:.1f} ms", design, ""))
    rates = ack.throughput()
    wanted = {"asgi": "≥ 45 %", "fastapi": "≥ 90 %"}
    for other, what in ack.BESIDE.items():
        beside = f"{ack.ratio(rates, 'recado', other):.0%}; {ack.cpu_ratio(rates, 'recado', other):.0%} by CPU"
        rows.append((f"ack throughput beside {what}", beside, wanted[other], ""))
    prototypes = {"asgi": "9,301", "fastapi": "3,940", "inline": "1,994", "nothing": "8,572"}
    for name, rate_of in rates.items():
        shown = f"{max(rate_of.rounds):,.0f} req/s, {min(rate_of.cpu_us):.0f} µs CPU"
        rows.append((f"16 connections: {ack.SERVERS[name]}", shown, "", prototypes.get(name, "")))
    return rows


def turn_rows(figures: Figures) -> list[Row]:
    """Turns: time by stage, and growth."""
    designs = {"turn": "≤ 15 / ≤ 40 ms"}
    prototypes = {"turn": "10.6 / 16.8 (p99) ms, no retrieval", "graph": "2.8-4.8 ms"}
    named = {
        "turn": "turn (load + think + commit)",
        "load": "· load",
        "think": "· think, of which",
        "understand": "·· understand",
        "fill": "·· fill fields",
        "retrieve": "·· retrieve",
        "answer": "·· answer",
        "graph": "·· graph and the rest",
        "commit": "· commit",
        "delivery": "delivery's bookkeeping",
    }
    rows: list[Row] = []
    for stage, name in named.items():
        values = figures.stages[stage]
        shown = f"{p(values, 50):.1f} / {p(values, 95):.1f} ms"
        rows.append((f"{name}, p50 / p95", shown, designs.get(stage, ""), prototypes.get(stage, "")))
    searched = [value for value in figures.stages["retrieve"] if value]
    rows.append(
        ("retrieval in the turns that search, p50 / p95", f"{p(searched, 50):.1f} / {p(searched, 95):.1f} ms", "", "")
    )
    growth = (figures.bytes_after - figures.bytes_before) / figures.turns
    biggest = sorted(figures.tables.items(), key=lambda pair: -pair[1])[:4]
    tables = ", ".join(f"{name} {size / figures.turns:.0f}" for name, size in biggest)
    rows.append(("database growth a turn", f"{growth:,.0f} bytes", "≤ 4 KB", "2.8 KB; stock savers 25-36 KB"))
    rows.append(("· content by table, with indexes", tables or "(no dbstat here)", "", ""))
    checkpoint = f"{p(figures.checkpoints, 50):,.0f} / {max(figures.checkpoints):,} bytes"
    rows.append(("checkpoint, median / largest (one a conversation)", checkpoint, "", "2.8 KB"))
    return rows


def flow_rows(seen: flow.Flow) -> list[Row]:
    """The whole service."""
    return [
        ("full turns a second, everything on this machine", f"{seen.turns_per_second:.0f}", "40", "54-69"),
        ("· service CPU a turn, its statuses and reply included", f"{seen.cpu_ms_per_turn:.1f} ms", "", "13-20 ms"),
        ("· unanswered", f"{seen.unanswered} of {seen.turns + seen.unanswered}", "0", "0"),
        ("cold start: takes webhooks", f"{seen.seconds_to_live:.1f} s", "≤ 1 s", ""),
        ("cold start: answers", f"{seen.seconds_to_ready:.1f} s", "≤ 6 s", "1.5-2 s without models"),
        (
            f"memory at start / after {seen.turns} turns",
            f"{seen.megabytes_at_start:.0f} / {seen.megabytes_after:.0f} MB",
            "≤ 450 MB",
            "75-115 MB without models",
        ),
    ]


def machine() -> str:
    """What it was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    return (
        f"{os.cpu_count()} cores ({model}), Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"load before the start {os.getloadavg()[0]:.1f}"
    )


def page(where: str, rows: Sequence[Row]) -> str:
    """The table as a page."""
    head = "| " + " | ".join(HEADS) + " |\n|" + "---|" * len(HEADS)
    body = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    today = datetime.now(UTC).date()
    return INTRODUCTION.format(today=today, machine=where) + f"\n{head}\n{body}\n"


INTRODUCTION = """# Performance

Written by `make bench` on {today}: {machine}.

Absolute times depend on the machine and on what else it does; the ratios compare servers in the same run, in
interleaved rounds (median), and CPU times are the service's own. The load generator shares the cores. *Design* is what
we promise; *prototype* is what a throw-away of the same shape reached on a quiet machine with 2 cores.

- Acks: `recado` is the receiver as it ships (signature, every item of the body, contact, inbox, in one durable commit).
  The other servers check the signature and insert one row: through the same writing thread with group commit (bare
  ASGI, plain FastAPI), with a commit inline on the loop, or nowhere at all. SQLite, WAL, `synchronous=FULL`.
- Turns: a verified person asks, opens a request with its fields, asks for its status, changes the language, wanders off
  topic; embedded language engine, the demo company's index, one turn at a time.
- The whole way: the service in a process of its own, an emulated WhatsApp on loopback; everybody writes at once, settle
  0.05 s. Each turn is a webhook, a typing indicator, a reply and its three status webhooks.
"""


def main() -> None:
    """Measure, print, write the page."""
    logging.disable(logging.WARNING)
    console, where = Console(width=None if sys.stdout.isatty() else 140), machine()
    rows = ack_rows()
    console.print(f"acks measured, {len(rows)} figures; turns next")
    rows += turn_rows(asyncio.run(turns.measure(TALKERS)))
    console.print("turns measured; the whole way next")
    rows += flow_rows(asyncio.run(flow.measure(ASKERS)))
    table = Table(*HEADS, title=where)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    PAGE.write_text(page(where, rows), encoding="utf8")
    console.print(f"Written to {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE}")


if __name__ == "__main__":
    sys.exit(main())
