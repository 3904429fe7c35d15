"""What the house stands on: versions, sizes, room left, and when somebody last made a copy."""

import platform
import shutil
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.db.schema import revisions
from app.settings import Settings

COPIED = "last-backup"  # a file in the data directory that whoever makes copies touches afterwards
SCARCE = 0.1  # of the disk: less left is told as trouble
BYTES = text("SELECT pg_database_size(current_database())")
SERVER = text("SHOW server_version")


@dataclass(frozen=True, slots=True)
class Machine:
    """Sizes in bytes. `copied_at` is None when nobody says that there is a copy."""

    version: str
    python: str
    store: str
    schema: str
    newest_schema: str
    database_bytes: int
    free_bytes: int
    disk_bytes: int
    copied_at: datetime | None

    @property
    def is_scarce(self) -> bool:
        """Little room is left."""
        return self.free_bytes < SCARCE * self.disk_bytes


def look_around(settings: Settings, engine: Engine, data_dir: Path) -> Machine:
    """Look at disk and store; in a thread."""
    current, newest = revisions(engine)
    disk = shutil.disk_usage(data_dir)
    store, size = _store(engine, settings)
    return Machine(
        version=own_version(),
        python=platform.python_version(),
        store=store,
        schema=current or "",
        newest_schema=newest,
        database_bytes=size,
        free_bytes=disk.free,
        disk_bytes=disk.total,
        copied_at=_changed_at(settings.data_dir / COPIED),
    )


def own_version() -> str:
    """Recado's version; "source" where it runs from its folder."""
    try:
        return version("recado")
    except PackageNotFoundError:
        return "source"


def _store(engine: Engine, settings: Settings) -> tuple[str, int]:
    if engine.dialect.name == "postgresql":
        with Session(engine) as session:
            server = str(session.execute(SERVER).scalar_one()).split()[0]
            return f"PostgreSQL {server}", int(session.execute(BYTES).scalar_one())
    file = Path(engine.url.database or settings.data_dir / "recado.db")
    parts = (file, *(file.with_name(file.name + ending) for ending in ("-wal", "-shm")))
    return f"SQLite {sqlite3.sqlite_version}", sum(part.stat().st_size for part in parts if part.exists())


def _changed_at(file: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC)
    except OSError:
        return None
