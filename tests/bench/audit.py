"""What the audit trail costs: transactions with and without an entry, alone and eight at once, and reading it over.

Run: python -m tests.bench.audit [TRANSACTIONS]
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from sqlalchemy.orm import Session

from app.audit.chain import note, seal
from app.audit.verification import verify
from app.db.engine import Database, open_database
from app.db.models import Notice
from tests.stores import migrate, postgres_database, postgres_trouble

NOW = datetime(2026, 11, 24, tzinfo=UTC)
AT_ONCE = (1, 8)
LONG = 100_000  # entries read over


def transaction(number: int, kind: str, *, noted: bool) -> Callable[[Session], None]:
    """A row, as a turn writes several; and an entry."""

    def work(session: Session) -> None:
        session.add(Notice(key=f"{kind}{number}", kind="bench", body={}, at=NOW))
        if noted:
            note(session, "request.comment", f"request {number}", NOW, by="employee", event=number)

    return work


async def measure(database: Database, transactions: int, at_once: int, *, noted: bool) -> float:
    """Transactions a second."""
    kind, waiting = f"{at_once}{noted}-", iter(range(transactions))

    async def one_after_another() -> None:
        for number in waiting:
            await database.write(transaction(number, kind, noted=noted))

    started = perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(at_once)))
    return transactions / (perf_counter() - started)


def grow(session: Session, entries: int) -> None:
    for number in range(entries):
        note(session, "request.comment", f"request {number}", NOW, by="employee", event=number)
    seal(session)


async def compare(url: str, transactions: int) -> None:
    database = open_database(url)
    store = "postgresql" if database.is_shared else "sqlite"
    for at_once in AT_ONCE:
        plain = await measure(database, transactions, at_once, noted=False)
        noted = await measure(database, transactions, at_once, noted=True)
        more = 1000 / noted - 1000 / plain
        print(
            f"{store:10} {at_once} at once: {plain:6.0f}/s without, {noted:6.0f}/s with; {more:+.2f} ms a transaction"
        )
    for _ in range(LONG // 5_000):
        await database.write(lambda session: grow(session, 5_000))
    started = perf_counter()
    verdict = await database.read(verify)
    print(f"{store:10} read over: {verdict.entries / (perf_counter() - started):,.0f} entries/s, holds {verdict.holds}")
    await database.close()


def main() -> None:
    transactions = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = [f"sqlite:///{folder / 'recado.db'}"]
        urls += [] if postgres_trouble() else [stack.enter_context(postgres_database())]
        for url in urls:
            migrate(url)
            asyncio.run(compare(url, transactions))


if __name__ == "__main__":
    main()
