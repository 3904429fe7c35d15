"""`recado desk`: the embedded desk by command. The service must be stopped: one process owns the database."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from app import transcript
from app.cli_store import by_command
from app.container import open_house
from app.desk import agents
from app.desk.catalogue import import_company
from app.desk.history import history_of
from app.desk.models import RequestRow
from app.errors import ConfigurationError
from app.identity.employees import import_employees
from app.settings import Settings
from graph.language.port import Line
from tools.service_desk import DeskRefusedError, Status

SHOWN_LINES = 60  # of the conversation
desk_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()
T = TypeVar("T")
Json = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")]
As = Annotated[str, typer.Option("--as", help="The agent's name, as the requester will see it.")]
Number = Annotated[str, typer.Argument(help="The request's number, such as 1042.")]


def _run(work: Callable[[Session, datetime], T]) -> T:
    """Run one transaction on the data directory, which must be free."""

    async def run() -> T:
        async with open_house(Settings()) as house:
            now = house.clock()
            return await house.database.write(lambda session: by_command(session, now, work))

    try:
        return asyncio.run(run())
    except DeskRefusedError as refused:
        raise ConfigurationError(f"The desk refused: {refused}.") from refused


def _report(report: Any, json_file: Path | None) -> None:
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=2, ensure_ascii=False, default=str), encoding="utf8")


def _facts(row: RequestRow) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in RequestRow.__table__.columns}


@desk_app.command("list")
def list_command(
    queue: Annotated[str, typer.Option(help="Only this queue (its id).")] = "",
    status: Annotated[str, typer.Option(help="Only this status.")] = "",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=100)] = 50,
    json_file: Json = None,
) -> None:
    """List requests, newest first."""
    rows = _run(lambda s, _now: [_facts(r) for r in agents.list_requests(s, queue=queue, status=status, limit=limit)])
    table = Table("number", "status", "priority", "queue", "employee", "title", "solution due (UTC)")
    for row in rows:
        due = f"{row['resolution_due']:%Y-%m-%d %H:%M}"
        shown = (str(row["number"]), row["status"], row["priority"], row["queue"], row["employee_id"])
        table.add_row(*shown, _escaped(row["title"]), due)
    console.print(table)
    _report(rows, json_file)


@desk_app.command()
def show(number: Number, json_file: Json = None) -> None:
    """Show one request with its whole history and the conversation it came from."""
    request, events, said = _run(lambda s, _now: _with_history(s, number))
    for name, value in request.items():
        console.print(f"{name:20} {value}", markup=False, highlight=False)
    for event in events:
        line = f"  {event['at']:%Y-%m-%d %H:%M} {event['kind']:10} {event['by']:8} {event['author']} "
        console.print(f"{line}{event['status'] or ''} {event['text']}", markup=False, highlight=False)
    for spoken in said:
        console.print(f"  {spoken.by:8} {spoken.text}", markup=False, highlight=False)
    talk = [spoken.model_dump() for spoken in said]
    _report({"request": request, "history": events, "conversation": talk}, json_file)


def _with_history(session: Session, number: str) -> tuple[dict[str, Any], list[dict[str, Any]], tuple[Line, ...]]:
    row = agents.find_request(session, number)
    names = ("id", "at", "kind", "by", "author", "public", "status", "text")
    events = [{name: getattr(event, name) for name in names} for event in history_of(session, row.number)]
    said = transcript.newest(session, int(row.conversation_id), limit=SHOWN_LINES) if row.conversation_id else ()
    return _facts(row), events, said


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


@desk_app.command()
def reply(number: Number, text: str, author: As = "Atendimento", json_file: Json = None) -> None:
    """Answer the requester; it reaches them once the service runs."""
    _comment(number, text, author, json_file, public=True)


@desk_app.command()
def note(number: Number, text: str, author: As = "Atendimento", json_file: Json = None) -> None:
    """Leave a note that only agents see."""
    _comment(number, text, author, json_file, public=False)


def _comment(number: str, text: str, author: str, json_file: Path | None, *, public: bool) -> None:
    _run(lambda s, now: agents.agent_comment(s, number, text, author=author, public=public, now=now))
    console.print(f"#{number}: {'answered' if public else 'noted'}", markup=False)
    _report({"number": number, "public": public}, json_file)


@desk_app.command("status")
def status_command(
    number: Number, status: str, text: str = "", author: As = "Atendimento", json_file: Json = None
) -> None:
    """Move a request on: open, pending, waiting, solved, closed or cancelled."""
    wanted = next((known for known in get_args(Status) if known == status), None)
    if wanted is None:
        raise ConfigurationError(f"{status!r} is no status; there are {', '.join(get_args(Status))}.")
    _run(lambda s, now: agents.set_status(s, number, wanted, author=author, now=now, text=text))
    console.print(f"#{number}: {wanted}", markup=False)
    _report({"number": number, "status": wanted}, json_file)


def _import(session: Session, folder: Path, now: datetime) -> dict[str, Any]:
    summary = asdict(import_company(session, folder, now=now))
    if (folder / "employees.csv").exists():
        people = import_employees(session, folder / "employees.csv", now=now)
        counted = {"added": people.added, "changed": people.changed, "deactivated": people.deactivated}
        summary |= {f"employees {name}": len(ids) for name, ids in counted.items()}
        for row in people.rejected:
            console.print(f"[yellow]•[/] employees.csv line {row.line} ({row.id}): {row.reason}", highlight=False)
    return summary


@desk_app.command("import")
def import_command(folder: Path, json_file: Json = None) -> None:
    """Bring catalogue.yaml, desk.yaml, outages.yaml and employees.csv of a folder into the desk. Safe to repeat."""
    summary = _run(lambda s, now: _import(s, folder, now))
    console.print(", ".join(f"{count} {name}" for name, count in summary.items()), highlight=False)
    _report(summary, json_file)
