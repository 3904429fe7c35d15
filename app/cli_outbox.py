"""`recado outbox`: what did not go out, and what to do about it."""

from enum import StrEnum
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app import letters
from app.cli_store import Json, as_data, change, console, look, report, show
from app.errors import ConfigurationError

outbox_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


class State(StrEnum):
    """States that can be asked for."""

    held = "held"
    failed = "failed"
    dead = "dead"
    new = "new"
    sending = "sending"
    dropped = "dropped"


Ids = Annotated[list[int] | None, typer.Argument(help="Ids of entries, as `recado outbox list` shows them.")]
States = Annotated[list[State] | None, typer.Option("--state", help="Only this state; can be given several times.")]
Limit = Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000)]


@outbox_app.command("list")
def list_command(state: States = None, limit: Limit = 100, json_file: Json = None) -> None:
    """List entries that need a person (held, failed, dead), oldest first. Works while the service runs."""
    states: list[str] = list(state or letters.TROUBLED)
    found = look(lambda s: letters.troubled(s, states, limit=limit))
    show(found)
    report(as_data(found), json_file)


@outbox_app.command("show")
def show_command(entry: Annotated[int, typer.Argument(help="The entry's id.")], json_file: Json = None) -> None:
    """Show all of one entry. Works while the service runs."""
    found = look(lambda s: letters.facts(s, entry))
    for name, value in found.items():
        console.print(f"{name:16} {value}", markup=False, highlight=False)
    report(found, json_file)


@outbox_app.command()
def replay(ids: Ids = None, state: States = None, limit: Limit = 100, json_file: Json = None) -> None:
    """Send entries again, by their ids or all of a state. With SQLite, stop the service first."""
    done = change(lambda s, _now: _each(s, ids, state, limit, replaying=True))
    console.print(f"{len(done)} to be sent again: {_listed(done)}", highlight=False)
    report({"replayed": done}, json_file)


@outbox_app.command()
def drop(ids: Ids = None, state: States = None, limit: Limit = 100, json_file: Json = None) -> None:
    """Give entries up for good, by their ids or all of a state. With SQLite, stop the service first."""
    done = change(lambda s, _now: _each(s, ids, state, limit, replaying=False))
    console.print(f"{len(done)} dropped: {_listed(done)}", highlight=False)
    report({"dropped": done}, json_file)


def _each(
    session: Session, ids: list[int] | None, states: list[State] | None, limit: int, *, replaying: bool
) -> list[int]:
    """All or none of those named; of a whole state, those that can be."""
    if bool(ids) == bool(states):
        raise ConfigurationError("Name entries by their ids, or all of a state with --state.")
    chosen = ids or [letter.id for letter in letters.troubled(session, states or (), limit=limit)]
    done = []
    for entry_id in chosen:
        try:
            if replaying:
                letters.replay(session, entry_id)
            else:
                letters.drop(session, entry_id)
        except letters.NotReplayableError:
            if ids:
                raise
        else:
            done.append(entry_id)
    return done


def _listed(ids: list[int]) -> str:
    return ", ".join(str(one) for one in ids) or "none"
