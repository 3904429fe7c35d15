"""`recado db`: the database's schema and state, and the way from SQLite to PostgreSQL."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from app.container import open_house
from app.db.engine import backend_of, engine_to_look, shown_url
from app.db.schema import revisions
from app.errors import ConfigurationError
from app.settings import DatabaseSettings, Settings

db_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()
Json = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")]


@db_app.command()
def upgrade(json_file: Json = None) -> None:
    """Create the database or bring it to the newest schema. Safe to repeat, also by several at once."""
    settings = Settings()

    async def run() -> None:
        async with open_house(settings, migrate=True):
            pass

    asyncio.run(run())
    _report(settings, json_file)


@db_app.command()
def status(json_file: Json = None) -> None:
    """Say where the database is and which schema it has. Works while the service runs."""
    _report(Settings(), json_file)


@db_app.command()
def copy(
    data_dir: Annotated[Path, typer.Argument(help="Data directory with the SQLite file; its service is stopped.")],
    json_file: Json = None,
) -> None:
    """Copy everything from SQLite into the empty PostgreSQL database of RECADO_DATABASE__URL, all or nothing."""
    settings = Settings()
    if backend_of(settings.database_url) != "postgresql":
        raise ConfigurationError("Set RECADO_DATABASE__URL to the PostgreSQL database that is to be filled.")
    if not (data_dir / "recado.db").exists():
        raise ConfigurationError(f"{data_dir} holds no recado.db.")
    counts = asyncio.run(_copy(settings, data_dir))
    for table, count in counts.items():
        console.print(f"{count:9,}  {table}", highlight=False)
    console.print("Copied. Keep the data directory: received files (media/) and the key (keys/) stay where they are.")
    _write({"rows": counts}, json_file)


async def _copy(settings: Settings, data_dir: Path) -> dict[str, int]:
    from app.db.copying import copy_rows  # noqa: PLC0415 -- only this command needs it

    old = settings.model_copy(update={"data_dir": data_dir, "database": DatabaseSettings()})
    async with open_house(old) as source, open_house(settings, migrate=True) as target:
        return await asyncio.to_thread(copy_rows, source.database.engine, target.database.engine)


def _report(settings: Settings, json_file: Path | None) -> None:
    engine = engine_to_look("sqlite://" if _missing(settings) else settings.database_url)
    try:
        current, head = revisions(engine)
    finally:
        engine.dispose()
    url = shown_url(settings.database_url)
    console.print(f"{url}\nschema {current or 'none'}, newest {head}", highlight=False)
    _write({"url": url, "revision": current, "newest": head, "up_to_date": current == head}, json_file)


def _write(report: dict[str, Any], json_file: Path | None) -> None:
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=2), encoding="utf8")


def _missing(settings: Settings) -> bool:
    """No database yet: looking must not make one."""
    return not settings.database.url and not (settings.data_dir / "recado.db").exists()
