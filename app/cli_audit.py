"""`recado audit`: read the audit trail over, keep its end elsewhere, look into it. Works beside the running service."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.orm import Session

from app.audit.reading import KINDS, Wish, entries
from app.audit.verification import Trouble, Verdict, head, read_anchor
from app.audit.verification import verify as read_over
from app.cli_store import Json, look, report
from app.container import utc_now

audit_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()
TOLD = {
    "missing": "not there any more",
    "altered": "not what was written there, or the entry before was replaced",
    "details_altered": "its details are not what was written",
    "erased_without_order": "its details were erased and no entry says so",
    "truncated": "cut off at the end",
    "anchor_differs": "not the entry that the anchor was taken of",
}


@audit_app.command()
def verify(
    anchor: Annotated[Path | None, typer.Option(help="A file of `recado audit anchor`: finds a cut-off end.")] = None,
    json_file: Json = None,
) -> None:
    """Read the whole trail over. Exit code 1 when something is altered, missing, out of place or cut off."""
    kept = read_anchor(anchor) if anchor is not None else None
    verdict = look(lambda session: read_over(session, kept))
    report(asdict(verdict) | {"holds": verdict.holds}, json_file)
    _show(verdict)
    raise typer.Exit(0 if verdict.holds else 1)


def _show(verdict: Verdict) -> None:
    for trouble in verdict.troubles:
        console.print(f"[red]✗[/] {_place(trouble)}: {TOLD[trouble.kind]}", highlight=False)
    if verdict.count > len(verdict.troubles):
        console.print(f"… and {verdict.count - len(verdict.troubles)} more")
    if verdict.holds:
        erased = f", the details of {verdict.erased} erased in order" if verdict.erased else ""
        console.print(f"[green]✓[/] {verdict.entries} entries, each sealed to the one before{erased}.", highlight=False)
    if not verdict.anchored:
        console.print("Only an anchor kept elsewhere finds a cut-off end: `recado audit anchor`, `verify --anchor`.")


def _place(trouble: Trouble) -> str:
    return f"entry {trouble.first}" if trouble.first == trouble.last else f"entries {trouble.first}-{trouble.last}"


@audit_app.command("anchor")
def anchor_command(json_file: Json = None) -> None:
    """Tell where the trail ends now, to be kept where whoever changes the database cannot change it."""
    found = look(lambda session: head(session, utc_now()))
    report(asdict(found), json_file)
    console.print(f"{found.id} {found.hash} {found.at}", highlight=False, soft_wrap=True)


@audit_app.command("list")
def list_command(
    actor: Annotated[str, typer.Option(help='Only by them, such as "staff 3", "employee", "system".')] = "",
    kind: Annotated[str, typer.Option(help=f"Only what begins with it: {', '.join(KINDS)}.")] = "",
    subject: Annotated[str, typer.Option(help='Only about it, such as "request 1042".')] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    json_file: Json = None,
) -> None:
    """List entries, newest first."""
    rows = look(lambda session: _found(session, Wish(actor, kind, subject), limit))
    table = Table("entry", "at (UTC)", "who", "what", "about", "details")
    for row in rows:
        shown = (str(row["id"]), f"{row['at']:%Y-%m-%d %H:%M:%S}", row["actor"], row["action"], row["subject"])
        table.add_row(*map(escape, shown), escape(row["details"] if row["details"] is not None else "erased"))
    console.print(table if rows else "Nothing.")
    report(rows, json_file)


def _found(session: Session, wish: Wish, limit: int) -> list[dict[str, Any]]:
    shown = ("id", "at", "actor", "action", "subject", "details", "hash")
    return [{name: getattr(row, name) for name in shown} for row in entries(session, wish, limit=limit)]
