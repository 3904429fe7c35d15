"""`python -m tests.faults [--long]`: runs every row of the fault matrix and writes docs/faults.md.

Four runs side by side: most of a fault's time is waiting.
"""

import argparse
import itertools
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import psycopg

from tests.stores import SERVER, conninfo, postgres_trouble

PAGE = Path("docs/faults.md")
STORES = ("not postgres", "postgres")  # of the tests, by what is in their names
KILLING = tuple(f"tests/faults/test_{name}.py" for name in ("kill", "nodes", "postgres_away"))
LONG = {
    "RECADO_FAULT_CYCLES": "10000",
    "RECADO_FAULT_ROUNDS": "20",
    "RECADO_FAULT_SIDES": "both",
    "RECADO_FAULT_IMAGES": "2000",
    "RECADO_FAULT_BUILDS": "20",
    "RECADO_FAULT_OVERLOAD": "600",
    "RECADO_FAULT_CUTS": "200",
}
ROWS = {
    "F1": "kill -9 of any process, at any time and around every commit and every send",
    "F2": "kill -9 in every node of the graph and around every effect",
    "F3": "webhooks told up to 50 times, shuffled, in batches of 100, statuses before the answer",
    "F4": "WhatsApp away, slow, throttling, or taking messages without saying so",
    "F5": "a reply would miss the 24-hour window in an outage",
    "F6": "the language model is away, slow, or answers nonsense",
    "F7": "the mail server away, greylisting, rejecting, hanging",
    "F8": "the vectors of the index damaged, half built, held by another process",
    "F9": "the database locked by somebody else",
    "F10": "the disk full",
    "F11": "the clock set forward and back",
    "F12": "hostile and slow bodies",
    "F13": "a message that nobody can think about",
    "F14": "PostgreSQL killed -9, connections reset in the middle of a commit",
    "F15": "the power lost: what a disk may hold after any write",
    "F17": "hostile bytes in the database",
    "F18": "five times more than can be served",
}
INTRODUCTION = """# What was broken, and what came of it

`make {target}` breaks Recado on purpose and writes this page; `make faults-long` does it 10,000 times. Everything that
people said and got is recorded on the other side of the wire (`tests/faults/recorder.py`) and held against the database
afterwards (`tests/faults/history.py`): an acked message is kept and answered, a reply goes out once, a confirmed draft
is one request, everybody is served in order; "0 lost, 0 twice" says all of that. PostgreSQL: a receiver and two worker
processes; SQLite: one process.

"mails again" is the same code under the same Message-ID: SMTP cannot say whether a mail was taken when the process dies
before it noted the answer. "twice" for a reply is counted in the outbox and only happens when WhatsApp neither answers
nor tells a status within the lease.

Measured {today} on {machine}, {minutes:.1f} minutes.

| row | what goes wrong | what came of it |
|---|---|---|
"""


@dataclass(frozen=True)
class Case:
    """One test's figures, or why it has none."""

    name: str
    figures: tuple[tuple[str, str], ...]
    failed: str = ""
    skipped: str = ""


def main() -> int:
    """Break everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--long", action="store_true", help="the full counts: hours")
    long, started = parser.parse_args().long, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        shares = list(itertools.product(STORES, (KILLING, _all_but(KILLING))))
        reports = [Path(folder) / f"{number}.xml" for number in range(len(shares))]
        environment = {**os.environ, **(LONG if long else {})}
        running = [
            subprocess.Popen(_command(*share, report), env=environment)
            for share, report in zip(shares, reports, strict=True)
        ]
        status = max(process.wait() for process in running)
        cases = [case for report in reports if report.exists() for case in _read(report)]
    PAGE.write_text(_page("faults-long" if long else "faults", cases, (time.monotonic() - started) / 60), "utf-8")
    print(f"Written to {PAGE}")
    return status


def _all_but(files: tuple[str, ...]) -> tuple[str, ...]:
    return (
        "tests/faults",
        "tests/knowledge",
        "tests/e2e/test_many_processes.py",
        *(f"--ignore={file}" for file in files),
    )


def _command(store: str, files: tuple[str, ...], report: Path) -> list[str]:
    told = (f"--junitxml={report}", "-o", "junit_family=xunit1", "-q")
    return [sys.executable, "-m", "pytest", *files, "-m", "faults", "-k", store, *told, "-p", "no:cacheprovider"]


def _read(report: Path) -> Iterator[Case]:
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 -- pytest wrote it just now
        figures = tuple((p.attrib["name"], p.attrib["value"]) for p in case.iter("property"))
        failed, skipped = (_reason(case, *kinds) for kinds in (("failure", "error"), ("skipped",)))
        yield Case(case.get("name", ""), figures, failed, skipped)


def _reason(case: ET.Element, *kinds: str) -> str:
    found = next((element for kind in kinds if (element := case.find(kind)) is not None), None)
    return "" if found is None else (found.attrib.get("message") or "no reason given").splitlines()[0]


def _page(target: str, cases: list[Case], minutes: float) -> str:
    head = INTRODUCTION.format(target=target, today=datetime.now(UTC).date(), machine=machine(), minutes=minutes)
    rows = [
        f"| {row} | {what} | {'<br>'.join(_cell(figure) for figure in figures)} |\n"
        for row, what in ROWS.items()
        if (figures := [figure for case in cases for name, figure in case.figures if name == row])
    ]
    missing = [row for row in ROWS if not any(name == row for case in cases for name, _ in case.figures)]
    bad = [f"- `{case.name}` failed: {_cell(case.failed)}\n" for case in cases if case.failed]
    left = [f"- `{case.name}` was left out: {_cell(case.skipped)}\n" for case in cases if case.skipped]
    passed = len(cases) - len(bad) - len(left)
    end = f"\n{passed} of {len(cases)} tests passed.\n" + (f"No figure for {', '.join(missing)}.\n" if missing else "")
    return head + "".join(rows) + end + ("\n" + "".join(bad + left) if bad or left else "")


def _cell(text: str) -> str:
    return text.replace("|", "/")


def machine() -> str:
    """What it was measured on."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return (
        f"{os.cpu_count()} cores ({next(names, platform.machine())}), Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {_postgres()}, load before the start {os.getloadavg()[0]:.1f}"
    )


def _postgres() -> str:
    if postgres_trouble():
        return "no PostgreSQL"
    with psycopg.connect(f"{conninfo(SERVER)}/postgres") as connection:
        return f"PostgreSQL {connection.info.server_version // 10000}"


if __name__ == "__main__":
    sys.exit(main())
