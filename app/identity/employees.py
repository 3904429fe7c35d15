"""Employees: read from the company's CSV, looked up by e-mail."""

import csv
import io
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import ConfigurationError
from app.identity.addresses import normalise_email
from app.identity.clock import utc_now
from app.identity.models import EmployeeRow, to_employee
from app.identity.sessions import end_sessions_of
from retrieval.passage import Language
from tools.service_desk import Employee

REQUIRED = ("id", "name", "email")
LONGEST_FILE = 64_000_000  # bytes; a million employees
LONGEST_VALUE = 200  # characters of an id, name, place

_YES = {"1", "true", "yes", "y", "sim", "s", "sí", "si", "ativo", "activo", "active"}
_NO = {"0", "false", "no", "n", "não", "nao", "inativo", "inactivo", "inactive"}
_LANGUAGES: dict[str, Language] = {"pt": "pt-BR", "es": "es", "en": "en"}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken; `line` is the line of the file it ends on, `id` what it called itself."""

    line: int
    id: str
    reason: str


@dataclass(slots=True)
class EmployeeReport:
    """What an import did, by employee id."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    deactivated: list[str] = field(default_factory=list)
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)


class _RowError(Exception):
    """A row cannot be taken; the message says why."""


def employee_by_email(session: Session, email: str) -> Employee | None:
    """The active employee whose registered address is `email`, however it is typed."""
    row = session.scalar(select(EmployeeRow).where(EmployeeRow.email == (normalise_email(email) or "")))
    return to_employee(row) if row is not None and row.active else None


def employee_by_id(session: Session, employee_id: str) -> Employee | None:
    """The employee, active or not."""
    row = session.get(EmployeeRow, employee_id)
    return None if row is None else to_employee(row)


def import_employees(session: Session, path: Path, *, now: datetime | None = None) -> EmployeeReport:
    """Make the employee table equal to the file: who is not in it any more becomes inactive and their sessions end.

    A row that is rejected leaves the employee of its id as they are.

    Raises:
        ConfigurationError: the file cannot be read as a list of employees; nothing changes.
    """
    report = EmployeeReport()
    wanted = _wanted(_rows(path), report)
    if not wanted:
        raise ConfigurationError(f"{path} has no employee that can be taken{_first_reason(report)}.")
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
        end_sessions_of(session, employee_id, because="disabled", now=now or utc_now())
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


def _wanted(rows: Iterator[tuple[int, dict[str, str]]], report: EmployeeReport) -> dict[str, dict[str, Any]]:
    wanted: dict[str, dict[str, Any]] = {}
    emails: dict[str, int] = {}
    ids: dict[str, int] = {}
    for line, row in rows:
        try:
            values = _values(row)
            _claim(ids, values["id"], line, "id")
            _claim(emails, values["email"], line, "e-mail")
        except _RowError as error:
            report.rejected.append(Rejected(line, row.get("id", ""), str(error)))
        else:
            wanted[values["id"]] = values
    return wanted


def _claim(taken: dict[str, int], value: str, line: int, what: str) -> None:
    if value in taken:
        raise _RowError(f"the same {what} is on line {taken[value]}")
    taken[value] = line


def _values(row: dict[str, str]) -> dict[str, Any]:
    if "email" not in row:
        raise _RowError("the row has more or fewer columns than the header")
    clean = {name: " ".join(value.split()) for name, value in row.items()}
    for name in REQUIRED:
        if not clean[name]:
            raise _RowError(f"{name} is empty")
    too_long = next((name for name, value in clean.items() if len(value) > LONGEST_VALUE), None)
    if too_long:
        raise _RowError(f"{too_long} is longer than {LONGEST_VALUE} characters")
    email = normalise_email(clean["email"])
    if email is None:
        raise _RowError("the e-mail is not an address")
    return {
        "id": clean["id"],
        "name": "".join(sign for sign in clean["name"] if sign.isprintable()),
        "email": email,
        "language": _language(clean.get("language", "")),
        "timezone": _timezone(clean.get("timezone", "")),
        "location": clean.get("location", ""),
        "department": clean.get("department", ""),
        "groups": [group.strip() for group in clean.get("groups", "").replace("|", ";").split(";") if group.strip()],
        "active": _flag(clean.get("active", ""), "active", default=True),
        "vip": _flag(clean.get("vip", ""), "vip", default=False),
    }


def _language(text: str) -> Language:
    language = _LANGUAGES.get(text.casefold().replace("_", "-").partition("-")[0]) if text else "pt-BR"
    if language is None:
        raise _RowError(f"the language is none of {', '.join(get_args(Language))}")
    return language


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _timezone(text: str) -> str:
    if text and text not in _zones():
        raise _RowError("the timezone is not a name of the IANA list, such as America/Sao_Paulo")
    return text or "America/Sao_Paulo"


def _flag(text: str, name: str, *, default: bool) -> bool:
    word = text.casefold()
    if word not in _YES | _NO | {""}:
        raise _RowError(f"{name} is neither yes nor no")
    return default if not word else word in _YES


def _first_reason(report: EmployeeReport) -> str:
    return f" (line {report.rejected[0].line}: {report.rejected[0].reason})" if report.rejected else ""


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    text = _text(path)
    header = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        names = _names(path, next((row for row in reader if any(row)), []))
        for row in reader:
            if any(value.strip() for value in row):
                fields = dict(zip(names, row, strict=False))
                yield reader.line_num, fields if len(row) == len(names) else {"id": fields.get("id", "")}
    except csv.Error as error:
        raise ConfigurationError(f"{path}, line {reader.line_num}: not CSV ({error}).") from error


def _names(path: Path, header: list[str]) -> list[str]:
    names = [" ".join(name.split()).casefold() for name in header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ConfigurationError(f"{path} lacks the column {', '.join(missing)} (its first line names the columns).")
    if len(set(names)) < len(names):
        raise ConfigurationError(f"{path} names a column twice.")
    return names


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}.") from error
    if len(raw) > LONGEST_FILE:
        raise ConfigurationError(f"{path} is larger than {LONGEST_FILE // 1_000_000} MB.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path} is not UTF-8 (line {line}): save it as “CSV UTF-8”.") from error
    if "\0" in text:
        raise ConfigurationError(f"{path} is not a text file.")
    return text
