"""`recado inbox`: messages that no turn could think about, and another try."""

from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app import letters
from app.cli_store import Json, as_data, change, console, look, report, show
from app.errors import ConfigurationError

inbox_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)


@inbox_app.command("list")
def list_command(
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000)] = 100, json_file: Json = None
) -> None:
    """List parked messages, oldest first. Works while the service runs."""
    found = look(lambda s: letters.parked(s, limit=limit))
    show(found)
    report(as_data(found), json_file)


@inbox_app.command()
def replay(
    ids: Annotated[list[int] | None, typer.Argument(help="Ids of messages, as `recado inbox list` shows them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All parked messages that can be.")] = False,
    json_file: Json = None,
) -> None:
    """Think about parked messages again, in their conversations. With SQLite, stop the service first."""
    if bool(ids) == everything:
        raise ConfigurationError("Name messages by their ids, or take --all.")
    done = change(lambda s, now: _each(s, ids, now))
    shown = ", ".join(str(one) for one in done) or "none"
    console.print(f"{len(done)} to be thought about again: {shown}", highlight=False)
    report({"replayed": done}, json_file)


def _each(session: Session, ids: list[int] | None, now: datetime) -> list[int]:
    """All or none of those named; of all there are, those that can be (a conversation's messages go together)."""
    chosen = ids or [letter.id for letter in letters.parked(session, limit=10_000)]
    done = []
    for seq in chosen:
        try:
            letters.replay_parked(session, seq, now)
        except letters.NotReplayableError:
            if ids:
                raise
        else:
            done.append(seq)
    return done
