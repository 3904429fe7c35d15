"""The fields of a request as people read them, in the viewer's language, with the words they came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.console.wording import Words
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
    return Filled(_in(field.label, words), _said(value, options, words), evidence)


def _said(value: Any, options: Mapping[str, str], words: Words) -> str:
    if isinstance(value, bool):
        return words("request.yes" if value else "request.no")
    if isinstance(value, list | tuple):
        return ", ".join(_said(one, options, words) for one in value)
    return options.get(str(value), str(value))


def _in(texts: Mapping[Any, str], words: Words) -> str:
    return texts.get(words.language) or texts["pt-BR"]
