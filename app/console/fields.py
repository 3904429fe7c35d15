"""The fields of a request as people read them, in the viewer's language, with the words they came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from babel.dates import format_date, format_datetime
from sqlalchemy.orm import Session

from app.console.wording import LOCALES, Words
from app.desk.models import CategoryRow, RequestRow
from tools.service_desk import Category, Field


@dataclass(frozen=True, slots=True)
class Filled:
    """One field with its value and, if it was taken from a sentence, that sentence."""

    label: str
    value: str
    evidence: str


def fields_of(session: Session, row: RequestRow, words: Words) -> list[Filled]:
    """Those that are filled, in the order of the category; what the category no longer has comes last, by its id."""
    kept = session.get(CategoryRow, row.category_id)
    category = Category.model_validate(kept.spec) if kept is not None else None
    known = {field.id: field for field in category.fields} if category is not None else {}
    order = [*(name for name in known if name in row.fields), *(name for name in row.fields if name not in known)]
    return [_filled(name, known.get(name), row, words) for name in order]


def _filled(name: str, field: Field | None, row: RequestRow, words: Words) -> Filled:
    value, evidence = row.fields[name], str(row.evidence.get(name, ""))
    if field is None:
        return Filled(name, _said(value, {}, words), evidence)
    options = {option.id: _in(option.label, words) for option in field.options}
    said = _moment(str(value), field.type, words) or _said(value, options, words)
    return Filled(_in(field.label, words), said, evidence)


def _moment(value: str, kind: str, words: Words) -> str:
    """A date or a time as the viewer writes it, at the clock of whoever asked; "" for everything else."""
    locale = LOCALES[words.language]
    try:
        if kind == "date":
            return str(format_date(date.fromisoformat(value), "medium", locale))
        if kind == "datetime":
            return str(format_datetime(datetime.fromisoformat(value).replace(tzinfo=None), "short", locale=locale))
    except ValueError:
        return ""
    return ""


def _said(value: Any, options: Mapping[str, str], words: Words) -> str:
    if isinstance(value, bool):
        return words("request.yes" if value else "request.no")
    if isinstance(value, list | tuple):
        return ", ".join(_said(one, options, words) for one in value)
    return options.get(str(value), str(value))


def _in(texts: Mapping[Any, str], words: Words) -> str:
    return texts.get(words.language) or texts["pt-BR"]
