"""The house put together once, at process entry: settings, the store, a folder of one's own.

`open_house` is light: it takes deliveries within a second of the start. `app.mind.open_mind` imports the graph, the
index and the classifiers, and takes seconds; it is opened behind the receiver's back, or in a process of its own.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy.exc import OperationalError

from app.db.engine import Database, backend_of, open_database, shown_url
from app.db.schema import require_newest, upgrade
from app.errors import ConfigurationError, DataDirectoryBusyError, StoreUnavailableError
from app.presence import Presence
from app.settings import Settings

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]

MOST_PROCESSES = 64  # of one data directory


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class House:
    """What every part shares. `data_dir` is this process's own folder; others may share `settings.data_dir`."""

    settings: Settings
    database: Database
    clock: Clock
    data_dir: Path
    presence: Presence = field(default_factory=Presence)

    @property
    def shares_index(self) -> bool:
        """Whether the knowledge index is kept in the store, from where every worker fetches a copy of its own."""
        wish = self.settings.knowledge.in_store
        return wish == "yes" or (wish == "auto" and self.database.is_shared)


@asynccontextmanager
async def open_house(settings: Settings, *, clock: Clock = utc_now, migrate: bool = False) -> AsyncIterator[House]:
    """Own a folder and open the store.

    SQLite's file lies in the folder and is migrated; a shared PostgreSQL is migrated only when asked to (`migrate`).

    Raises:
        DataDirectoryBusyError: another process owns the folder.
        ConfigurationError: no such store, or its schema is not the newest.
        StoreUnavailableError: it does not answer.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    shared = backend_of(settings.database_url) == "postgresql"
    with _own_folder(settings.data_dir) if shared else _whole_folder(settings.data_dir) as folder:
        database = open_database(settings.database_url)
        try:
            await asyncio.to_thread(_ready, database, migrate=migrate or not shared)
            house = House(settings, database, clock, folder)
            async with house.presence.leaving:
                yield house
        finally:
            await database.close()


def _ready(database: Database, *, migrate: bool) -> None:
    try:
        if not migrate:
            require_newest(database.engine)
            return
        before, newest = upgrade(database.engine)
    except OperationalError as error:
        raise StoreUnavailableError(f"{shown_url(database.url)} does not answer: {error.orig}") from error
    if before != newest:
        log.info("database migrated from %s to %s", before or "nothing", newest)


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    lock = _locked(folder)
    if lock is None:
        raise DataDirectoryBusyError(f"Another Recado process is using {folder.resolve()}; stop it first.")
    with lock:
        yield folder


@contextmanager
def _own_folder(root: Path) -> Iterator[Path]:
    """The first folder below `root` that no other process uses: what was put there before is there again."""
    for number in range(1, MOST_PROCESSES + 1):
        folder = root / f"process-{number}"
        folder.mkdir(exist_ok=True, mode=0o700)
        if (lock := _locked(folder)) is not None:
            with lock:
                yield folder
            return
    raise ConfigurationError(f"{root} is used by {MOST_PROCESSES} processes already: set RECADO_DATA_DIR.")


def _locked(folder: Path) -> AbstractContextManager[object] | None:
    """Take a folder; what is returned lets go of it. None when another process has it."""
    try:
        return FileLock(folder / "recado.lock").acquire(blocking=False)
    except Timeout:
        return None
