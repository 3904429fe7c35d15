"""`recado db`: the database's schema and state."""

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import create_engine

from app.container import open_house
from app.db.schema import revisions
from app.settings import Settings

db_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()
Json = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")]


@db_app.command()
def upgrade(json_file: Json = None) -> None:
    """Create the database or bring it to the newest schema. Safe to repeat."""
    settings = Settings()

    async def run() -> None:
        async with open_house(settings):
            pass

    asyncio.run(run())
    _report(settings, json_file)


@db_app.command()
def status(json_file: Json = None) -> None:
    """Say where the database is and which schema it has. Works while the service runs."""
    _report(Settings(), json_file)


def _report(settings: Settings, json_file: Path | None) -> None:
    engine = create_engine("sqlite://" if _missing(settings) else settings.database_url)
    try:
        current, head = revisions(engine)
    finally:
        engine.dispose()
    report = {"url": settings.database_url, "revision": current, "newest": head, "up_to_date": current == head}
    console.print(f"{settings.database_url}\nschema {current or 'none'}, newest {head}", highlight=False)
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=2), encoding="utf8")


def _missing(settings: Settings) -> bool:
    """No database yet: looking must not make one."""
    return not settings.database.url and not (settings.data_dir / "recado.db").exists()
