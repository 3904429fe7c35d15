"""`python -m tests.bench [--long] [PART ...]`: measures, prints, and with all parts writes docs/performance.md."""

import argparse
import logging
import signal
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from tests.bench.company import founded
from tests.bench.page import PAGE, Report, introduction, machine
from tests.bench.parts import LONG, PARTS, SHORT, Work

QUICK = ("acks", "turns", "way", "starts", "reindex")  # the others take many minutes


def main() -> None:
    """Measure what was asked for."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing it started is left behind
    logging.disable(logging.WARNING)
    console, where, report = Console(width=None if sys.stdout.isatty() else 160), machine(), Report()
    parts = asked.parts or (list(PARTS) if asked.long else QUICK)
    scale = LONG if asked.long else SHORT
    with tempfile.TemporaryDirectory() as folder, founded(Path(folder), scale.people(parts)) as company:
        for name in parts:
            console.print(f"measuring {name} …")
            PARTS[name](Work(scale, company, Path(folder), report))
    console.print(where)
    for table in report.all():
        table.show(console)
    if not asked.parts:
        report.write(introduction("make bench-long" if asked.long else "make bench", where))
        console.print(f"Written to {PAGE}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], *PARTS], help=f"any of {', '.join(PARTS)}")
    parser.add_argument("--long", action="store_true", help="more rounds, more people, memory over 20,000 turns")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
