"""Staff accounts: made, found and changed. What weakens trust in a session ends it: role, password, disabling."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.audit.chain import note
from app.db.engine import one_at_a_time
from app.identity.addresses import normalise_email
from app.staff.errors import StaffRefusedError
from app.staff.models import StaffRecoveryCode, StaffRow
from app.staff.roles import ROLES, Role
from app.staff.sessions import end_all

LONGEST_NAME = 80  # characters


@dataclass(frozen=True, slots=True)
class NewStaff:
    """An account to be made, as somebody typed it."""

    email: str
    name: str
    roles: tuple[str, ...]
    language: str = "en"
    timezone: str = "America/Sao_Paulo"


@dataclass(frozen=True, slots=True)
class StaffChange:
    """What somebody is called and may do from now on."""

    name: str
    roles: tuple[str, ...]
    active: bool = True


@dataclass(frozen=True, slots=True)
class Password:
    """A password as it is kept, and whether somebody else knows it too."""

    kept: str
    must_change: bool = False


def add_staff(session: Session, new: NewStaff, password: Password, now: datetime) -> StaffRow:
    """Make an account; raises `StaffRefusedError` for what is no account or is there already."""
    email = normalise_email(new.email)
    if email is None:
        raise StaffRefusedError("email_malformed", f"{new.email!r} is no e-mail address.")
    if find_staff(session, email) is not None:
        raise StaffRefusedError("email_taken", f"{email} has an account already.")
    row = StaffRow(
        email=email,
        name=checked_name(new.name),
        password_hash=password.kept,
        password_at=now,
        must_change=password.must_change,
        roles=list(checked_roles(new.roles)),
        language=new.language,
        timezone=new.timezone,
        created_at=now,
    )
    session.add(row)
    session.flush()
    note(session, "staff.added", f"staff {row.id}", now, roles=row.roles)
    return row


def find_staff(session: Session, email: str) -> StaffRow | None:
    """Find an account by its address, however that is typed."""
    known = normalise_email(email)
    return session.scalar(select(StaffRow).where(StaffRow.email == known)) if known else None


def staff_of(session: Session, staff_id: int) -> StaffRow:
    """One account, ours until the transaction ends; raises `StaffRefusedError`."""
    row = session.get(StaffRow, staff_id, with_for_update=True)
    if row is None:
        raise StaffRefusedError("unknown", f"There is no account {staff_id}.")
    return row


def password_of(session: Session, staff_id: int) -> str:
    """The hash of somebody's password, to hold one against it."""
    return session.execute(select(StaffRow.password_hash).where(StaffRow.id == staff_id)).scalar_one()


def change_staff(session: Session, staff_id: int, change: StaffChange, now: datetime) -> StaffRow:
    """Change who somebody is and what they may; they sign in again when that changed what they may."""
    one_at_a_time(session, "staff roles")
    row = staff_of(session, staff_id)
    wanted, active = checked_roles(change.roles), change.active
    row.name = checked_name(change.name)
    if tuple(row.roles) == wanted and row.active == active:
        return row
    note(
        session, "staff.changed", f"staff {row.id}", now,
        roles=list(wanted), roles_before=list(row.roles), active=active, active_before=row.active,
    )  # fmt: skip
    row.roles, row.active = list(wanted), active
    session.flush()
    _require_an_admin(session)
    end_all(session, row.id, "changed" if active else "disabled", now)
    return row


def set_password(
    session: Session, staff_id: int, password: Password, now: datetime, *, keep: int | None = None
) -> StaffRow:
    """Give them another password; every session but `keep` ends."""
    row = staff_of(session, staff_id)
    row.password_hash, row.password_at, row.must_change = password.kept, now, password.must_change
    end_all(session, row.id, "password", now, keep=keep)
    note(session, "staff.password", f"staff {row.id}", now)
    return row


def forget_second_step(session: Session, staff_id: int, now: datetime, *, keep: int | None = None) -> StaffRow:
    """Take the second step away, with its recovery codes; every session but `keep` ends."""
    row = staff_of(session, staff_id)
    row.totp_sealed = ""
    session.execute(delete(StaffRecoveryCode).where(StaffRecoveryCode.staff_id == row.id))
    end_all(session, row.id, "second step", now, keep=keep)
    note(session, "staff.second_step_off", f"staff {row.id}", now)
    return row


def all_staff(session: Session) -> list[StaffRow]:
    """Everybody, those who work here first, by name."""
    return list(session.scalars(select(StaffRow).order_by(StaffRow.active.desc(), StaffRow.name, StaffRow.id)))


def checked_name(name: str) -> str:
    """A name on one line; raises `StaffRefusedError`."""
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not plain.isprintable():
        raise StaffRefusedError("name_malformed", f"A name has 1 to {LONGEST_NAME} letters.")
    return plain


def checked_roles(roles: Iterable[str]) -> tuple[Role, ...]:
    """Roles in their usual order; raises `StaffRefusedError` for an unknown one and for none."""
    asked = set(roles)
    if not asked or asked - set(ROLES):
        raise StaffRefusedError("roles_malformed", f"Choose one or more of {', '.join(ROLES)}.")
    return tuple(role for role in ROLES if role in asked)


def _require_an_admin(session: Session) -> None:
    if not any(row.active and "admin" in row.roles for row in session.scalars(select(StaffRow))):
        raise StaffRefusedError("last_admin", "At least one active account must be an admin.")
