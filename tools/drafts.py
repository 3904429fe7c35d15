"""Whether a draft may become a request: the catalogue's rules, the same for every desk."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from tools.service_desk import Category, DeskRefusedError, Draft, Employee, Field, FieldType

LONGEST_TITLE = 200  # characters
LONGEST_TEXT = 20_000  # characters of a description, a comment, a value


def plain(text: str) -> str:
    """Drop what no store keeps faithfully: NUL and halves of surrogate pairs."""
    return text.encode("utf-8", "ignore").decode().replace("\0", "")


def check_draft(draft: Draft, catalogue: Sequence[Category], employee: Employee) -> Category:
    """Find the draft's category and make sure that every value fits it; raises `DeskRefusedError` naming the field."""
    category = _category(draft.category_id, catalogue, employee)
    if not draft.title.strip():
        raise DeskRefusedError("title: it is empty")
    if len(draft.title) > LONGEST_TITLE or len(draft.description) > LONGEST_TEXT:
        raise DeskRefusedError(f"title or description: longer than {LONGEST_TITLE} and {LONGEST_TEXT} characters")
    fields = {field.id: field for field in category.fields}
    for field_id, value in draft.values.items():
        if field_id not in fields:
            raise DeskRefusedError(f"{field_id[:60]}: {category.id} has no such field")
        _check_value(fields[field_id], value)
    for field in category.fields:
        if field.required and field.id not in draft.values:
            raise DeskRefusedError(f"{field.id}: required, and empty")
    return category


def _category(category_id: str, catalogue: Sequence[Category], employee: Employee) -> Category:
    category = next((known for known in catalogue if known.id == category_id), None)
    if category is None or not category.queue:
        raise DeskRefusedError(f"category_id: {category_id[:60]!r} is no category that takes requests")
    if category.groups and not set(category.groups) & set(employee.groups):
        raise DeskRefusedError(f"category_id: {category.id} is not open to this employee's groups")
    return category


def _check_value(field: Field, value: Any) -> None:
    complaint = CHECKS.get(field.type, _words)(field, value)
    if complaint:
        raise DeskRefusedError(f"{field.id}: {complaint}")


def _choice(field: Field, value: Any) -> str:
    known = {option.id for option in field.options}
    return "" if isinstance(value, str) and value in known else "not one of its options"


def _choices(field: Field, value: Any) -> str:
    known = {option.id for option in field.options}
    fits = isinstance(value, list | tuple) and value and all(isinstance(v, str) and v in known for v in value)
    return "" if fits else "not a list of its options"


def _yes_no(_field: Field, value: Any) -> str:
    return "" if isinstance(value, bool) else "neither yes nor no"


def _number(field: Field, value: Any) -> str:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return "not a number"
    if field.minimum is not None and value < field.minimum:
        return f"less than {field.minimum:g}"
    if field.maximum is not None and value > field.maximum:
        return f"more than {field.maximum:g}"
    return ""


def _moment(field: Field, value: Any) -> str:
    parse: Callable[[str], object] = date.fromisoformat if field.type == "date" else datetime.fromisoformat
    try:
        parse(value)
    except (TypeError, ValueError):
        return f"not a {field.type} such as 2026-11-23" + ("" if field.type == "date" else "T09:30")
    return ""


def _location(field: Field, value: Any) -> str:
    return _choice(field, value) if field.options else _words(field, value)


def _words(field: Field, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or plain(value) != value:
        return "not text"
    if len(value) > LONGEST_TEXT:
        return f"longer than {LONGEST_TEXT} characters"
    if field.pattern and not re.fullmatch(field.pattern, value.strip(), re.IGNORECASE):
        return "not of the expected form"
    return ""


CHECKS: dict[FieldType, Callable[[Field, Any], str]] = {
    "choice": _choice,
    "multi_choice": _choices,
    "yes_no": _yes_no,
    "number": _number,
    "date": _moment,
    "datetime": _moment,
    "location": _location,
}
