"""`recado staff`: accounts of the staff pages by command. On SQLite the service must be stopped, except for `list`."""

from datetime import datetime
from typing import Annotated, Any, cast

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.orm import Session

from app.cli_store import Json, change, look, report
from app.settings import Settings
from app.staff import accounts
from app.staff.accounts import NewStaff, Password, StaffChange
from app.staff.errors import StaffRefusedError
from app.staff.models import StaffRow
from app.staff.passwords import hash_password, make_up_password, require_strong
from app.staff.roles import ROLES
from retrieval.passage import Language

staff_app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()
Email = Annotated[str, typer.Argument(help="The account's e-mail address.")]
Roles = Annotated[list[str], typer.Option("--role", help=f"One of {', '.join(ROLES)}; repeat it for several.")]
Prompt = Annotated[bool, typer.Option("--prompt", help="Type the password instead of having one made up.")]


@staff_app.command()
def add(  # noqa: PLR0917 -- typer makes options of them
    email: Email,
    name: Annotated[str, typer.Option(help="Their name, as employees will see it.")],
    role: Roles,
    language: Annotated[str, typer.Option(help="Language of their pages: pt-BR, es or en.")] = "",
    timezone: Annotated[str, typer.Option(help="Their time zone.")] = "America/Sao_Paulo",
    prompt: Prompt = False,
    json_file: Json = None,
) -> None:
    """Make an account. The first one should be an admin: `recado staff add me@company.com --name Me --role admin`."""
    spoken = _language(language)
    password, kept = _chosen(prompt, (email, name))
    new = NewStaff(email=email, name=name, roles=tuple(role), language=spoken, timezone=timezone)
    facts = change(lambda s, now: _facts(accounts.add_staff(s, new, kept, now)))
    _told(f"{facts['name']} may sign in as {facts['email']}.", password)
    report(facts, json_file)


@staff_app.command("list")
def list_command(json_file: Json = None) -> None:
    """List all accounts."""
    rows = look(lambda session: [_facts(row) for row in accounts.all_staff(session)])
    table = Table("e-mail", "name", "roles", "second step", "active", "last signed in (UTC)")
    for row in rows:
        seen = f"{row['signed_in_at']:%Y-%m-%d %H:%M}" if row["signed_in_at"] else "never"
        shown = (row["email"], escape(row["name"]), ", ".join(row["roles"]))
        table.add_row(*shown, *("yes" if row[what] else "no" for what in ("second_step", "active")), seen)
    console.print(table if rows else "Nobody yet: `recado staff add`.")
    report(rows, json_file)


@staff_app.command("role")
def role_command(email: Email, role: Roles, json_file: Json = None) -> None:
    """Give an account these roles and no others; the person signs in again."""
    _changed(email, json_file, roles=role)


@staff_app.command()
def disable(email: Email, json_file: Json = None) -> None:
    """Let nobody in with this account; whoever is in is out."""
    _changed(email, json_file, active=False)


@staff_app.command()
def enable(email: Email, json_file: Json = None) -> None:
    """Let the person in again."""
    _changed(email, json_file, active=True)


@staff_app.command()
def password(email: Email, prompt: Prompt = False, json_file: Json = None) -> None:
    """Give an account another password; the person is signed out everywhere."""
    fresh, kept = _chosen(prompt, (email,))

    def work(session: Session, now: datetime) -> dict[str, Any]:
        return _facts(accounts.set_password(session, _found(session, email).id, kept, now))

    facts = change(work)
    _told(f"{facts['email']} has another password.", fresh)
    report(facts, json_file)


@staff_app.command("reset-totp")
def reset_totp(email: Email, json_file: Json = None) -> None:
    """Take the second step away from somebody who lost their telephone; they are signed out everywhere."""

    def work(session: Session, now: datetime) -> dict[str, Any]:
        return _facts(accounts.forget_second_step(session, _found(session, email).id, now))

    facts = change(work)
    console.print(f"{facts['email']} has no second step now.", highlight=False)
    report(facts, json_file)


def _changed(email: str, json_file: Any, *, roles: list[str] | None = None, active: bool | None = None) -> None:
    def work(session: Session, now: datetime) -> dict[str, Any]:
        row = _found(session, email)
        wanted = row.roles if roles is None else roles
        is_active = row.active if active is None else active
        return _facts(
            accounts.change_staff(session, row.id, StaffChange(row.name, tuple(wanted), active=is_active), now)
        )

    facts = change(work)
    state = "" if facts["active"] else " (disabled)"
    console.print(f"{facts['email']}: {', '.join(facts['roles'])}{state}", highlight=False)
    report(facts, json_file)


def _chosen(prompt: bool, about: tuple[str, ...]) -> tuple[str, Password]:
    """What to show ("" = they typed it) and what to keep."""
    if not prompt:
        made_up = make_up_password()
        return made_up, Password(hash_password(made_up), must_change=True)
    typed = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    require_strong(typed, (*about, Settings().company.name))
    return "", Password(hash_password(typed))


def _told(sentence: str, password: str) -> None:
    console.print(sentence, highlight=False, markup=False)
    if password:
        console.print(f"Password, shown this once: {password}", highlight=False, markup=False)
        console.print("They choose their own when they sign in with it.")


def _found(session: Session, email: str) -> StaffRow:
    row = accounts.find_staff(session, email)
    if row is None:
        raise StaffRefusedError("unknown", f"{email} has no account: see `recado staff list`.")
    return row


def _language(asked: str) -> Language:
    known = {"pt-br": "pt-BR", "es": "es", "en": "en"}
    chosen = known.get(asked.lower()) if asked else Settings().company.default_language
    if chosen is None:
        raise StaffRefusedError("language", f"{asked!r} is no language of the pages: pt-BR, es or en.")
    return cast("Language", chosen)


def _facts(row: StaffRow) -> dict[str, Any]:
    shown = ("id", "email", "name", "roles", "language", "timezone", "active", "must_change", "signed_in_at")
    return {name: getattr(row, name) for name in shown} | {"second_step": bool(row.totp_sealed)}
