"""The house put together once, at process entry: what receives, and what thinks.

`open_house` is light: it takes deliveries within a second of the start. `open_mind` imports the graph, the index and
the classifiers, and takes seconds; it is opened behind the receiver's back.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from app.db.engine import Database
from app.errors import DataDirectoryBusyError
from app.settings import Settings

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class House:
    """What every part shares."""

    settings: Settings
    database: Database
    clock: Clock

    @property
    def data_dir(self) -> Path:
        """Where files live."""
        return self.settings.data_dir


@asynccontextmanager
async def open_house(settings: Settings, *, clock: Clock = utc_now) -> AsyncIterator[House]:
    """Own the data directory and its database, migrated; raises `DataDirectoryBusyError` if somebody else does."""
    from app.db.schema import upgrade  # noqa: PLC0415 -- Alembic is not needed before the lock is ours

    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(settings.data_dir / "recado.lock")
    try:
        lock.acquire(blocking=False)
    except Timeout as busy:
        where = settings.data_dir.resolve()
        raise DataDirectoryBusyError(f"Another Recado process is using {where}; stop it first.") from busy
    database = Database(settings.database_url)
    try:
        before, head = upgrade(database.writer_engine)
        if before != head:
            log.info("database migrated from %s to %s", before or "nothing", head)
        yield House(settings, database, clock)
    finally:
        await database.close()
        lock.release()
