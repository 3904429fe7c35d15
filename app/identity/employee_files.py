"""Lists of employees as CSV: read and checked row by row, and written."""

import csv
import io
import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, get_args

from app.errors import ConfigurationError
from app.identity.addresses import normalise_email
from retrieval.passage import Language
from tools.service_desk import Employee

REQUIRED = ("id", "name", "email")
LONGEST_FILE = 64_000_000  # bytes; a million employees
COLUMNS = (*REQUIRED, "language", "timezone", "location", "department", "groups", "active", "vip")
ALWAYS = (*REQUIRED, "active")  # who is listed is active; what else a list has no column for stays as it is
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a spreadsheet's formula begins
LONGEST_VALUE = 200  # characters of an id, name, place

_YES = {"1", "true", "yes", "y", "sim", "s", "sí", "si", "ativo", "activo", "active"}
_NO = {"0", "false", "no", "n", "não", "nao", "inativo", "inactivo", "inactive"}
_LANGUAGES: dict[str, Language] = {"pt": "pt-BR", "es": "es", "en": "en"}


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken; `line` is the line of the file it ends on, `id` what it called itself.

    `key` names the sentence for pages and `about` fills it; `reason` is the same in English.
    """

    line: int
    id: str
    reason: str
    key: str = ""
    about: str = ""


class _RowError(Exception):
    """A row cannot be taken; the message says why."""

    def __init__(self, reason: str, key: str, about: str = "") -> None:
        super().__init__(reason)
        self.key = key
        self.about = about


@dataclass(frozen=True, slots=True)
class EmployeeList:
    """What a file says: values by employee id, and the rows that cannot be taken."""

    wanted: dict[str, dict[str, Any]]
    rejected: tuple[Rejected, ...]


def read_list(text: str, name: str) -> EmployeeList:
    """Read a CSV; `name` is what complaints call it. Raises `ConfigurationError` when it is no list of employees."""
    rejected: list[Rejected] = []
    wanted = _wanted(_rows(text, name), rejected)
    if not wanted:
        why = f" (line {rejected[0].line}: {rejected[0].reason})" if rejected else ""
        raise ConfigurationError(f"{name} has no employee that can be taken{why}.")
    return EmployeeList(wanted, tuple(rejected))


def _wanted(rows: Iterator[tuple[int, dict[str, str]]], rejected: list[Rejected]) -> dict[str, dict[str, Any]]:
    wanted: dict[str, dict[str, Any]] = {}
    emails: dict[str, int] = {}
    ids: dict[str, int] = {}
    for line, row in rows:
        try:
            values = _values(row)
            _claim(ids, values["id"], line, "id")
            _claim(emails, values["email"], line, "e-mail")
        except _RowError as error:
            rejected.append(Rejected(line, row.get("id", ""), str(error), error.key, error.about))
        else:
            wanted[values["id"]] = values
    return wanted


def _claim(taken: dict[str, int], value: str, line: int, what: str) -> None:
    if value in taken:
        raise _RowError(f"the same {what} is on line {taken[value]}", "twice", f"{what}, {taken[value]}")
    taken[value] = line


def _values(row: dict[str, str]) -> dict[str, Any]:
    if "email" not in row:
        raise _RowError("the row has more or fewer columns than the header", "columns")
    clean = {name: " ".join(_unquoted(value).split()) for name, value in row.items()}
    for name in REQUIRED:
        if not clean[name]:
            raise _RowError(f"{name} is empty", "empty", name)
    too_long = next((name for name, value in clean.items() if len(value) > LONGEST_VALUE), None)
    if too_long:
        raise _RowError(f"{too_long} is longer than {LONGEST_VALUE} characters", "long", too_long)
    email = normalise_email(clean["email"])
    if email is None:
        raise _RowError("the e-mail is not an address", "email")
    values = {
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
    return {name: value for name, value in values.items() if name in row or name in ALWAYS}


def _language(text: str) -> Language:
    language = _LANGUAGES.get(text.casefold().replace("_", "-").partition("-")[0]) if text else "pt-BR"
    if language is None:
        raise _RowError(f"the language is none of {', '.join(get_args(Language))}", "language", text)
    return language


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


def _timezone(text: str) -> str:
    if text and text not in _zones():
        raise _RowError("the timezone is not a name of the IANA list, such as America/Sao_Paulo", "timezone", text)
    return text or "America/Sao_Paulo"


def _flag(text: str, name: str, *, default: bool) -> bool:
    word = text.casefold()
    if word not in _YES | _NO | {""}:
        raise _RowError(f"{name} is neither yes nor no", "flag", name)
    return default if not word else word in _YES


def _rows(text: str, path: str) -> Iterator[tuple[int, dict[str, str]]]:
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


def _names(path: str, header: list[str]) -> list[str]:
    names = [" ".join(name.split()).casefold() for name in header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise ConfigurationError(f"{path} lacks the column {', '.join(missing)} (its first line names the columns).")
    if len(set(names)) < len(names):
        raise ConfigurationError(f"{path} names a column twice.")
    return names


def read_text(path: Path) -> str:
    """Read a file as the text it must be; raises `ConfigurationError`."""
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


def decode(raw: bytes) -> tuple[str, str]:
    """The text of a file that a person's spreadsheet wrote, and its encoding: UTF-8, or what old Windows writes."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding), "UTF-8" if encoding == "utf-8-sig" else "Windows-1252"
        except UnicodeDecodeError:
            continue
    raise ConfigurationError("it is neither UTF-8 nor Latin-1 text.")


def write_list(employees: Iterable[Employee]) -> str:
    """Write a CSV that `read_list` takes back; no cell is a formula to a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for employee in employees:
        told = employee.model_dump() | {"groups": ";".join(employee.groups)}
        flags = {name: "true" if told[name] else "false" for name in ("active", "vip")}
        writer.writerow(harmless(str((told | flags)[name])) for name in COLUMNS)
    return out.getvalue()


def harmless(cell: str) -> str:
    """Put an apostrophe before what a spreadsheet would work out instead of showing it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _unquoted(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
