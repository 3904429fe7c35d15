"""The database: its engine's version, whether it answers, and its schema."""

import sqlite3
from importlib.metadata import version

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from app.db.engine import backend_of, engine_to_look, shown_url
from app.db.sqlite import WAL_RESET_FIXED
from app.doctor.finding import Finding
from app.settings import Settings

OLDEST_POSTGRES = 14  # the oldest that its makers mend, until November 2026
UPGRADE = "recado db upgrade"


def check_store(settings: Settings) -> list[Finding]:
    """Look at the engine and the schema; nothing is made."""
    match backend_of(settings.database_url):
        case "sqlite":
            return [_sqlite(), _file(settings)]
        case "postgresql":
            return _look(settings.database_url)
    advice = "Use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE."
    return [Finding("database", "trouble", "RECADO_DATABASE__URL is of no kind we know", advice)]


def _sqlite() -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
        said = "has the WAL-reset bug; safe here, since one connection writes and nobody else opens the file"
        return Finding("SQLite", "note", f"{version} {said}", "Never write to the file with other tools meanwhile.")
    return Finding("SQLite", "good", version)


def _file(settings: Settings) -> Finding:
    if not settings.database.url and not (settings.data_dir / "recado.db").exists():
        return Finding("database", "note", "none yet", f"It is made at the first start, or by `{UPGRADE}`.")
    return _look(settings.database_url)[0]


def _look(url: str) -> list[Finding]:
    """Connect and read the schema's revision; on PostgreSQL also its version and the queue's tables."""
    from app.db.schema import revisions  # noqa: PLC0415 -- only where there is something to look at

    engine = engine_to_look(url)
    try:
        with engine.connect() as connection:
            findings = [_version(connection), _queue(connection)] if backend_of(url) == "postgresql" else []
        return [*findings, _schema(*revisions(engine))]
    except SQLAlchemyError as error:
        found = f"{shown_url(url)} does not answer: {type(error).__name__}"
        advice = "Check RECADO_DATABASE__URL, and that the server runs and lets us in."
        return [Finding("database", "trouble", found, advice)]
    finally:
        engine.dispose()


def _schema(current: str | None, newest: str) -> Finding:
    if current is None:
        return Finding("database", "note", "empty", UPGRADE)
    if current != newest:
        return Finding(
            "database", "trouble" if current > newest else "note", f"schema {current}, newest {newest}", UPGRADE
        )
    return Finding("database", "good", f"schema {current}")


def _version(connection: Connection) -> Finding:
    number = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    shown = f"{number // 10_000}.{number % 10_000}"
    if number < OLDEST_POSTGRES * 10_000:
        return Finding("PostgreSQL", "note", f"{shown} is mended by nobody", f"Use {OLDEST_POSTGRES} or newer.")
    return Finding("PostgreSQL", "good", shown)


def _queue(connection: Connection) -> Finding:
    from app.db.queue_schema import installed  # noqa: PLC0415 -- brings Procrastinate

    found, wanted = installed(connection), version("procrastinate")
    if found is None:
        return Finding("queue", "note", "its tables are missing", UPGRADE)
    if str(found) != wanted:
        return Finding("queue", "note", f"tables of Procrastinate {found}, ours is {wanted}", UPGRADE)
    return Finding("queue", "good", f"Procrastinate {found}")
