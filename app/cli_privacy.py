"""`recado privacy`: what employees asked about their data, one person's data as a ZIP, one person erased everywhere."""

import asyncio
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from app.audit.chain import acting, note
from app.cli_store import Json, account, look, report
from app.container import open_house
from app.db.models import DataWish
from app.identity.models import EmployeeRow
from app.privacy import wishes as wish_list
from app.privacy.erasing import Erased, Order, erase
from app.privacy.exporting import gather, pack
from app.privacy.keeper import forget_what_is_old
from app.privacy.person import Person, find_person
from app.settings import Settings

privacy_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()
Who = Annotated[str, typer.Argument(help='An e-mail, an employee id, or "conversation:7" for a contact.')]


@privacy_app.command()
def wishes(json_file: Json = None) -> None:
    """List what employees asked about their data; the page "Privacy" answers them."""
    rows = look(lambda session: [_facts(row) for row in wish_list.wishes(session)])
    table = Table("wish", "what", "employee", "conversation", "since (UTC)", "state", "reason")
    for row in rows:
        shown = (row["id"], row["wish"], row["employee_id"] or "unproven", row["conversation_id"])
        table.add_row(*map(str, shown), f"{row['at']:%Y-%m-%d %H:%M}", row["state"], row["reason"])
    console.print(table if rows else "Nobody asked.")
    report(rows, json_file)


@privacy_app.command()
def export(who: Who, out: Annotated[Path, typer.Option("--out", "-o", help="The ZIP to write.")]) -> None:
    """Write all that is kept about one person into a ZIP. On SQLite the service must be stopped: it is noted."""
    content, told = asyncio.run(_export(who))
    out.touch(mode=0o600)
    out.write_bytes(content)
    messages = sum(len(talk["messages"]) for talk in told["conversations"])
    console.print(f"{out}: {messages} messages, {len(told['requests'])} requests, {len(content):,} bytes.")


@privacy_app.command("erase")
def erase_command(
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    directory: Annotated[bool, typer.Option("--directory", help="Their entry in the list of employees too.")] = False,
    json_file: Json = None,
) -> None:
    """Erase one person everywhere, at once and without a word in the chat. On SQLite the service must be stopped."""
    person = look(lambda session: find_person(session, who))
    shown = f"{len(person.talks)} conversations and the words of {len(person.requests)} requests"
    if not yes:
        typer.confirm(f"Erase {shown} for ever?", abort=True)
    erased = asyncio.run(_erase(person, directory=directory))
    console.print(f"Erased: {erased.messages} messages, {erased.files} files, {erased.requests} requests' words.")
    report(asdict(erased), json_file)


@privacy_app.command()
def sweep(json_file: Json = None) -> None:
    """Delete now what is older than RECADO_RETENTION__… keeps. On SQLite the service must be stopped."""

    async def run() -> dict[str, int]:
        async with open_house(Settings()) as house:
            return await forget_what_is_old(house)

    gone = asyncio.run(run())
    console.print(", ".join(f"{count} {kind}" for kind, count in gone.items()) or "Nothing is too old.")
    report(gone, json_file)


async def _export(who: str) -> tuple[bytes, dict[str, Any]]:
    async with open_house(Settings()) as house:
        told, language = await house.database.write(lambda session: _gathered(session, who, house.clock()))
        own = house.settings.company.default_language
        return await asyncio.to_thread(pack, house.settings.data_dir, told, language or own), told


async def _erase(person: Person, *, directory: bool) -> Erased:
    async with open_house(Settings()) as house:
        return await erase(house, person, Order(account(), "person", directory=directory))


def _gathered(session: Session, who: str, now: datetime) -> tuple[dict[str, Any], str]:
    person = find_person(session, who)
    row = session.get(EmployeeRow, person.employee_id) if person.employee_id else None
    with acting(session, account()):
        note(session, "privacy.exported", "person", now, employee=person.employee_id)
    return gather(session, person, now), row.language if row else ""


def _facts(row: DataWish) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in DataWish.__table__.columns}
