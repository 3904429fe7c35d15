"""The `recado` command."""

import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from app.errors import RecadoError
from app.settings import Settings

GROUPS = {
    "kb": "The knowledge base: synchronise a folder of articles, try a question.",
    "db": "The database: migrate it, look at its state.",
    "desk": "The embedded service desk: categories, requests, replies.",
    "staff": "Who may use the staff pages: accounts, roles, passwords.",
    "privacy": "Personal data: what employees asked, one person exported or erased, what is too old.",
    "audit": "The audit trail: verify it, anchor it, look into it.",
    "outbox": "What did not go out: list, show, replay, drop.",
    "model": "Language models: do they answer, what do they cost.",
    "inbox": "Messages that could not be thought about: list, replay.",
}


class Commands(TyperGroup):
    """The commands below and the groups of `app.cli_NAME`, imported when called for: `serve` must not wait for them."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The groups after the commands, as the help shows them."""
        return [*dict.fromkeys([*super().list_commands(ctx), *GROUPS])]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One of them by its name; None when there is none."""
        if cmd_name in GROUPS and cmd_name not in self.commands:
            holder = typer.Typer()
            group = getattr(import_module(f"app.cli_{cmd_name}"), f"{cmd_name}_app")
            holder.add_typer(group, name=cmd_name, help=GROUPS[cmd_name])
            self.add_command(typer.main.get_group(holder).commands[cmd_name])
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    name="recado",
    cls=Commands,
    help="Recado: your company's WhatsApp number as its help desk.\n\n"
    "Start with [bold]recado demo[/]: a made-up company, a phone page and a mailbox page, nothing to configure.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

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
    show(findings, _console())
    if json_file is not None:
        json_file.write_text(json.dumps([finding._asdict() for finding in findings], indent=2), encoding="utf8")
    raise typer.Exit(1 if any(finding.state == "trouble" for finding in findings) else 0)


def _console() -> Any:
    from rich.console import Console  # noqa: PLC0415 -- `serve` prints nothing unless it cannot start

    return Console(stderr=True)


def main() -> None:
    """Run a command; what the operator can mend is one sentence and exit code 2."""
    try:
        app(prog_name="recado")
    except RecadoError as error:
        _console().print(f"[red]✗[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(2)
    except ValidationError as error:
        for trouble in error.errors():
            _console().print(
                f"[red]✗[/] {_setting_name(trouble['loc'])}: {trouble['msg']}", highlight=False, soft_wrap=True
            )
        sys.exit(2)


def _setting_name(where: tuple[Any, ...]) -> str:
    return "RECADO_" + "__".join(str(part).upper() for part in where)


if __name__ == "__main__":
    main()
