"""Tables that a page shows and a browser may keep as CSV: the same columns and cells for both."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from app.console.wording import Words

Kind = Literal["text", "count", "share", "hours", "minutes", "number", "money", "day", "moment", "request", "change"]
FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"  # what a spreadsheet would calculate, in either width
BOM = "\ufeff"  # without it spreadsheets take UTF-8 for something else


@dataclass(frozen=True, slots=True)
class Column:
    """`name` is `reports.column.NAME` in the wording; `kind` says how cells are written. None is an empty cell."""

    name: str
    kind: Kind = "count"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table."""

    name: str  # reports.sheet.NAME
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Any, ...]]


def as_csv(sheet: Sheet, words: Words) -> bytes:
    """Comma-separated UTF-8: numbers with a point, shares 0 to 1, days as ISO; text never begins a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([words(f"reports.column.{column.name}") for column in sheet.columns])
    writer.writerows([_cell(cell) for cell in row] for row in sheet.rows)
    return (BOM + file.getvalue()).encode()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case float():
            return f"{value:.6g}"
        case datetime() | date():
            return value.isoformat()
        case str():
            return harmless(value)
    return str(value)


def harmless(text: str) -> str:
    """Text that a spreadsheet takes for text: what it would calculate gets an apostrophe before it."""
    risky = text.lstrip()[:1] in {*FORMULA} or text[:1] in {"\t", "\r", "\n"}
    return f"'{text}" if risky and text.strip() else text
