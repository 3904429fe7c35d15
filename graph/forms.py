"""A request's form: what is missing, whether a value fits its field, and how it reads."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from graph.choices import Option, cut
from graph.language.port import FieldValue
from graph.moments import LOCALES
from prompts.texts import say
from retrieval.passage import Language
from tools.service_desk import Category, Draft, Field, Words

FREE = frozenset({"text", "long_text", "person", "location"})
LEAST_CONFIDENCE = 0.5
TITLE, DESCRIPTION, VALUE = 90, 4_000, 1_000  # characters
FILES = 10
PAGE = 8  # rows of a long list; the two others turn pages


def in_words(texts: Words, language: Language) -> str:
    """Choose the words of a language, Portuguese when there are none."""
    return texts.get(language) or texts.get("pt-BR", "")


def field_of(category: Category, field_id: str) -> Field | None:
    """Find a field of a category; None when the catalogue changed meanwhile."""
    return next((field for field in category.fields if field.id == field_id), None)


def is_free(field: Field) -> bool:
    """Say whether any words may be a field's value."""
    return field.type in FREE and not field.options


def missing(category: Category, values: Mapping[str, Any]) -> tuple[Field, ...]:
    """List the required fields without a value, in the form's order."""
    return tuple(field for field in category.fields if field.required and field.id not in values)


def fits(field: Field, value: Any) -> bool:
    """Say whether a value may stand in a field."""
    known = {option.id for option in field.options}
    match field.type:
        case "multi_choice":
            good = isinstance(value, list) and bool(value) and known >= set(value)
        case "choice":
            good = value in known
        case "yes_no":
            good = isinstance(value, bool)
        case "number":
            good = _is_number(value) and _within(field, value)
        case "date" | "datetime":
            good = _is_moment(value, field.type)
        case _:
            good = value in known if known else _is_text(field, value)
    return good


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _within(field: Field, value: float) -> bool:
    above = field.minimum is None or value >= field.minimum
    return above and (field.maximum is None or value <= field.maximum)


def _is_text(field: Field, value: Any) -> bool:
    if not isinstance(value, str) or not value.strip():
        return False
    return not field.pattern or re.fullmatch(field.pattern, value.strip(), re.IGNORECASE) is not None


def _is_moment(value: Any, kind: str) -> bool:
    try:
        (date if kind == "date" else datetime).fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True


def accepted(category: Category, values: Sequence[FieldValue], said: str) -> dict[str, FieldValue]:
    """Keep the values that fit, are likely, and whose evidence really was said."""
    text = " ".join(said.casefold().split())
    kept: dict[str, FieldValue] = {}
    for value in values:
        field = field_of(category, value.field_id)
        evidence = " ".join(value.evidence.casefold().split())
        if (
            field
            and value.confidence >= LEAST_CONFIDENCE
            and evidence
            and evidence in text
            and fits(field, value.value)
        ):
            kept[field.id] = value
    return kept


def shown(field: Field, value: Any, language: Language) -> str:
    """Put a value into words: an option's label, a date spelled out, yes or no."""
    labels = {option.id: in_words(option.label, language) for option in field.options}
    locale = LOCALES[language]
    match field.type:
        case "choice" | "multi_choice":
            chosen = [value] if field.type == "choice" else value
            text = ", ".join(labels.get(item, str(item)) for item in chosen)
        case "yes_no":
            text = say(language, "yes" if value else "no")
        case "number":
            text = str(format_decimal(value, format=None if float(value).is_integer() else "#,##0.00", locale=locale))
        case "date":
            text = format_date(date.fromisoformat(value), "full", locale=locale)
        case "datetime":
            text = format_datetime(datetime.fromisoformat(value), "EEEE, d MMM, HH:mm", locale=locale)
        case _:
            text = labels.get(value, str(value))
    return text


def options_of(field: Field, language: Language, page: int) -> list[Option]:
    """Offer a field's values: all of them, or a page of a long list with the rows that turn it."""
    if field.type == "yes_no":
        return [Option("value", "yes", say(language, "yes")), Option("value", "no", say(language, "no"))]
    options = [Option("value", option.id, in_words(option.label, language)) for option in field.options]
    return paged(options, language, page, verb="page")


def paged(options: Sequence[Option], language: Language, page: int, *, verb: str) -> list[Option]:
    """Show one page of a list longer than the channel's ten rows."""
    if len(options) <= PAGE + 2:
        return list(options)
    last = (len(options) - 1) // PAGE
    page = min(max(page, 0), last)
    rows = list(options[page * PAGE : (page + 1) * PAGE])
    if page > 0:
        rows.append(Option(verb, str(page - 1), say(language, "row_previous")))
    if page < last:
        rows.append(Option(verb, str(page + 1), say(language, "row_more")))
    return rows


def value_of_tap(field: Field, arg: str) -> Any:
    """Read the value of a tapped choice; None when the field has no such option."""
    if field.type == "yes_no":
        return {"yes": True, "no": False}.get(arg)
    if arg not in {option.id for option in field.options}:
        return None
    return [arg] if field.type == "multi_choice" else arg


def card(category: Category, draft: Mapping[str, Any], language: Language) -> str:
    """Lay out a draft as its employee will read it before confirming."""
    lines = [f"📋 *{in_words(category.name, language)}*"]
    for field in category.fields:
        if field.id in draft["values"]:
            value = cut(shown(field, draft["values"][field.id], language), 300)
            lines.append(f"• {in_words(field.label, language)}: *{value}*")
    lines.append(f"• {say(language, 'label_description')}: {cut(draft['description'], 600)}")
    if draft["files"]:
        lines.append(f"• {say(language, 'label_files')}: {len(draft['files'])}")
    return "\n".join(lines)


def title_of(text: str) -> str:
    """Take a title from the first line that says something, beginning as a sentence does."""
    first = next((line.strip() for line in text.splitlines() if line.strip()), text)
    return cut(first[:1].upper() + first[1:], TITLE)


def draft_of(draft: Mapping[str, Any], language: Language) -> Draft:
    """Make the draft that the desk takes."""
    return Draft(
        category_id=draft["category"],
        title=title_of(draft["title"] or draft["description"]),
        description=draft["description"],
        values=dict(draft["values"]),
        evidence=dict(draft["evidence"]),
        language=language,
        attachments=tuple(draft["files"]),
    )


def fingerprint(draft: Draft) -> str:
    """Tell two drafts apart."""
    return hashlib.sha256(json.dumps(draft.model_dump(), sort_keys=True).encode()).hexdigest()
