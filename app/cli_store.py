"""How commands reach the database: reading works beside the running service, writing needs what the service needs."""

import asyncio
import getpass
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from textwrap import shorten
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session

from app.audit.chain import acting
from app.container import open_house
from app.db.engine import backend_of
from app.errors import ConfigurationError
from app.letters import Letter
from app.settings import Settings

T = TypeVar("T")
Json = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")]
console = Console()
SHOWN = 40  # letters of what was said and of what went wrong


def look(work: Callable[[Session], T]) -> T:
    """Read one consistent state, without a lock: on SQLite and on PostgreSQL the service may be running."""
    engine = create_engine(_url(Settings().database_url))
    try:
        with Session(engine) as session:
            return work(session)
    finally:
        engine.dispose()


def _url(configured: str) -> str:
    if backend_of(configured) == "postgresql":
        from app.db.postgres import driver_url  # noqa: PLC0415 -- brings psycopg

        return driver_url(configured)
    file = make_url(configured).database or ""
    if not Path(file).exists():  # looking must not make one
        raise ConfigurationError(f"There is no database at {file} yet.")
    return configured


def change(work: Callable[[Session, datetime], T]) -> T:
    """Run one transaction; on SQLite the service must be stopped."""

    async def run() -> T:
        async with open_house(Settings()) as house:
            now = house.clock()
            return await house.database.write(lambda session: by_command(session, now, work))

    return asyncio.run(run())


def by_command(session: Session, now: datetime, work: Callable[[Session, datetime], T]) -> T:
    """Run `work`; the audit trail says which account of the machine gave the command."""
    with acting(session, account()):
        return work(session, now)


def account() -> str:
    """How the audit trail calls whoever gives a command."""
    try:
        return f"command {getpass.getuser()}"
    except (KeyError, OSError):  # a container's number without a name
        return "command"


def show(letters: Sequence[Letter]) -> None:
    """A line for each letter; `--json` and `recado outbox show` tell all of it."""
    table = Table("id", "state", "kind", Column("contact", no_wrap=True), "tries", "since (UTC)", "words", "trouble")
    for letter in letters:
        when = f"{letter.at:%m-%d %H:%M}"
        shown = (str(letter.id), letter.state, letter.kind, letter.contact, str(letter.tries), when)
        table.add_row(*shown, *(escape(shorten(text, SHOWN, placeholder="…")) for text in (letter.words, letter.error)))
    console.print(table if letters else "Nothing.")


def report(found: Any, json_file: Path | None) -> None:
    """Write what was found or done."""
    if json_file is not None:
        json_file.write_text(json.dumps(found, indent=2, ensure_ascii=False, default=str), encoding="utf8")


def as_data(letters: Sequence[Letter]) -> list[dict[str, Any]]:
    """Letters for a report."""
    return [asdict(letter) for letter in letters]
