"""Employees: looked up by e-mail, and brought in from the company's list."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.identity.addresses import normalise_email
from app.identity.clock import utc_now
from app.identity.employee_files import EmployeeList, Rejected, read_list, read_text
from app.identity.models import EmployeeRow, VerifiedSession, to_employee
from app.identity.sessions import end_sessions_of
from tools.service_desk import Employee

SEARCHED = (
    EmployeeRow.name, EmployeeRow.email, EmployeeRow.id, EmployeeRow.location, EmployeeRow.department,
)  # fmt: skip


@dataclass(slots=True)
class EmployeeReport:
    """What an import did, by employee id."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    deactivated: list[str] = field(default_factory=list)
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def employee_by_email(session: Session, email: str) -> Employee | None:
    """The active employee whose registered address is `email`, however it is typed."""
    row = session.scalar(select(EmployeeRow).where(EmployeeRow.email == (normalise_email(email) or "")))
    return to_employee(row) if row is not None and row.active else None


def employee_by_id(session: Session, employee_id: str) -> Employee | None:
    """The employee, active or not."""
    row = session.get(EmployeeRow, employee_id)
    return None if row is None else to_employee(row)


@dataclass(frozen=True, slots=True)
class EmployeeDifference:
    """What taking a list would do; `changed` names the columns of each, `deactivated` are names by id."""

    added: dict[str, str]
    changed: dict[str, tuple[str, ...]]
    deactivated: dict[str, str]
    unchanged: int
    active_before: int
    rejected: tuple[Rejected, ...]

    @property
    def loss(self) -> float:
        """The share of the active employees who would go."""
        return len(self.deactivated) / self.active_before if self.active_before else 0.0


def compare_employees(session: Session, listed: EmployeeList) -> EmployeeDifference:
    """Work out what `take_employees` would do; nothing is written."""
    known = {row.id: row for row in session.scalars(select(EmployeeRow))}
    spared = listed.wanted.keys() | {rejected.id for rejected in listed.rejected}
    gone = {row.id: row.name for row in known.values() if row.active and row.id not in spared}
    changed: dict[str, tuple[str, ...]] = {}
    for employee_id in known.keys() & listed.wanted.keys():
        row, values = known[employee_id], listed.wanted[employee_id]
        different = tuple(name for name, value in values.items() if getattr(row, name) != value)
        if row.active and not values["active"]:
            gone[employee_id] = row.name
        elif different:
            changed[employee_id] = different
    added = {employee_id: values["name"] for employee_id, values in listed.wanted.items() if employee_id not in known}
    unchanged = len(known.keys() & listed.wanted.keys()) - len(changed) - len(gone.keys() & listed.wanted.keys())
    active_before = sum(row.active for row in known.values())
    return EmployeeDifference(added, changed, gone, unchanged, active_before, listed.rejected)


def import_employees(session: Session, path: Path, *, now: datetime | None = None) -> EmployeeReport:
    """Make the employee table equal to the file: who is not in it any more becomes inactive and their sessions end.

    A row that is rejected leaves the employee of its id as they are.

    Raises:
        ConfigurationError: the file cannot be read as a list of employees; nothing changes.
    """
    return take_employees(session, read_list(read_text(path), str(path)), now=now or utc_now())


def take_employees(session: Session, listed: EmployeeList, *, now: datetime) -> EmployeeReport:
    """Make the employee table equal to a list that was read."""
    report, wanted = EmployeeReport(rejected=list(listed.rejected)), listed.wanted
    known = {row.id: row for row in session.scalars(select(EmployeeRow))}
    _free_addresses(session, known, wanted)
    for employee_id, values in wanted.items():
        _store(session, known.get(employee_id), values, report)
    spared = wanted.keys() | {rejected.id for rejected in report.rejected}
    for employee_id, row in known.items():
        if row.active and employee_id not in spared:
            row.active = False
            report.deactivated.append(employee_id)
    session.flush()
    for employee_id in report.deactivated:
        end_sessions_of(session, employee_id, because="disabled", now=now)
    return report


def _store(session: Session, row: EmployeeRow | None, values: dict[str, Any], report: EmployeeReport) -> None:
    if row is None:
        session.add(EmployeeRow(**values))
        report.added.append(values["id"])
        return
    different = {name for name, value in values.items() if getattr(row, name) != value}
    if row.active and not values["active"]:
        report.deactivated.append(row.id)
    elif different:
        report.changed.append(row.id)
    else:
        report.unchanged += 1
    for name in different:
        setattr(row, name, values[name])


def _free_addresses(session: Session, known: dict[str, EmployeeRow], wanted: dict[str, dict[str, Any]]) -> None:
    """Let go of every address that changes hands first, so that two employees may swap theirs."""
    claimed = {values["email"]: employee_id for employee_id, values in wanted.items()}
    for row in known.values():
        if claimed.get(row.email, row.id) != row.id:
            row.email = None
    session.flush()


def find_employees(
    session: Session, words: str = "", *, only: str = "", after: tuple[str, str] | None = None, limit: int = 50
) -> Sequence[EmployeeRow]:
    """Those whose name, e-mail, id, place or department holds the words, by name; `only`: active, inactive or vip."""
    wanted = select(EmployeeRow).order_by(EmployeeRow.name, EmployeeRow.id).limit(limit)
    for word in words.casefold().split()[:5]:
        wanted = wanted.where(or_(*(_holds(column, word) for column in SEARCHED)))
    if only in ("active", "inactive"):
        wanted = wanted.where(EmployeeRow.active.is_(only == "active"))
    elif only == "vip":
        wanted = wanted.where(EmployeeRow.vip)
    if after is not None:
        wanted = wanted.where(
            or_(EmployeeRow.name > after[0], (EmployeeRow.name == after[0]) & (EmployeeRow.id > after[1]))
        )
    return session.scalars(wanted).all()


def _holds(column: Any, word: str) -> ColumnElement[bool]:
    """SQLite's lower() leaves É and Ñ as they are, so a capital letter is tried too."""
    return or_(func.lower(column).contains(word, autoescape=True), column.contains(word.capitalize(), autoescape=True))


def open_sessions_of(session: Session, employee_id: str) -> Sequence[VerifiedSession]:
    """Where they are signed in, newest first."""
    held = select(VerifiedSession).where(VerifiedSession.employee_id == employee_id, VerifiedSession.ended_at.is_(None))
    return session.scalars(held.order_by(VerifiedSession.id.desc())).all()
