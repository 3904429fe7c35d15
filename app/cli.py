"""The `recado` command."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console

from app.cli_db import db_app
from app.cli_desk import desk_app
from app.cli_kb import kb_app
from app.errors import RecadoError
from app.settings import Settings

app = typer.Typer(
    name="recado",
    help="Recado: your company's WhatsApp number as its help desk.\n\n"
    "Start with [bold]recado demo[/]: a made-up company, a phone page and a mailbox page, nothing to configure.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
app.add_typer(kb_app, name="kb", help="The knowledge base: synchronise a folder of articles, try a question.")
app.add_typer(db_app, name="db", help="The database: migrate it, look at its state.")
app.add_typer(desk_app, name="desk", help="The embedded service desk: categories, requests, replies.")

console = Console(stderr=True)
Json = Annotated[Path | None, typer.Option("--json", help="Write the report to this file as JSON.")]


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port for the service and its pages (env: RECADO_PORT).")] = 0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what happened in earlier demos.")] = False,
) -> None:
    """Try everything on this machine: a company, its employees, a phone to be them, their mailboxes."""
    from app.demo.run import run_demo  # noqa: PLC0415 -- only this command needs the emulator

    run_demo(port=port or None, fresh=fresh)


@app.command()
def serve(
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="On PostgreSQL: answer in this process too.")
    ] = False,
) -> None:
    """Receive WhatsApp's webhooks; on SQLite answer and deliver too. Settings: RECADO_…, see .env.example."""
    from app.serve import run_server  # noqa: PLC0415 -- keeps other commands quick

    run_server(Settings(), with_worker=with_worker)


@app.command()
def worker(
    concurrency: Annotated[
        int, typer.Option("--concurrency", "-c", min=0, help="Turns thought about at once; 0 = as the settings say.")
    ] = 0,
    drain: Annotated[bool, typer.Option("--drain", help="Stop once nothing is left to do.")] = False,
) -> None:
    """Answer and deliver without receiving: any number of them on PostgreSQL; on SQLite while `serve` is stopped."""
    from app.serve import run_worker  # noqa: PLC0415 -- keeps other commands quick

    settings = Settings()
    if concurrency:
        turns = settings.turns.model_copy(update={"in_progress": concurrency})
        settings = settings.model_copy(update={"turns": turns})
    run_worker(settings, drain=drain)


@app.command()
def doctor(json_file: Json = None) -> None:
    """Check settings, database, knowledge base, mail and WhatsApp, and say what to do about each trouble."""
    from app.doctor import examine, show  # noqa: PLC0415 -- keeps other commands quick

    findings = examine(Settings())
    show(findings, console)
    if json_file is not None:
        json_file.write_text(json.dumps([finding._asdict() for finding in findings], indent=2), encoding="utf8")
    raise typer.Exit(1 if any(finding.state == "trouble" for finding in findings) else 0)


def main() -> None:
    """Run a command; what the operator can mend is one sentence and exit code 2."""
    try:
        app(prog_name="recado")
    except RecadoError as error:
        console.print(f"[red]✗[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(2)
    except ValidationError as error:
        for trouble in error.errors():
            console.print(
                f"[red]✗[/] {_setting_name(trouble['loc'])}: {trouble['msg']}", highlight=False, soft_wrap=True
            )
        sys.exit(2)


def _setting_name(where: tuple[Any, ...]) -> str:
    return "RECADO_" + "__".join(str(part).upper() for part in where)


if __name__ == "__main__":
    main()
