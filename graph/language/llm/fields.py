"""Fields as the model reports them, held to the catalogue and to the words: what cannot be shown is not taken."""

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from rapidfuzz import fuzz

from graph.language.llm.masking import Mask
from graph.language.llm.shapes import FieldSaid
from graph.language.offline.amounts import find_amounts
from graph.language.offline.contacts import find_email, find_pattern, find_phone, find_tag
from graph.language.offline.dates import find_moment
from graph.language.offline.folding import fold
from graph.language.port import FieldValue, Hearing
from tools.service_desk import Category, Field

CONFIDENCE = 0.85
ALIKE = 90  # rapidfuzz: how much of a free text must stand in the words
OPTIONS = 30  # of a choice that are listed to the model; a longer list is left to the embedded engine
_TRUE, _FALSE = frozenset({"true", "yes", "sim", "sí", "si"}), frozenset({"false", "no", "não", "nao"})
_NAMES_A_TIME = re.compile(r"\d|[^\W\d_]{3,}")


def told(fields: Iterable[Field], hearing: Hearing) -> str:
    """Fields as the model reads them: id, type, what is asked, and the ids of its options."""
    lines = []
    for field in fields:
        label = field.label.get(hearing.language) or field.label["pt-BR"]
        line = f"  - {field.id} ({field.type}): {label}"
        if field.options:
            names = (f"{o.id} = {o.label.get(hearing.language) or o.label['pt-BR']}" for o in field.options[:OPTIONS])
            line += "; one of: " + "; ".join(names)
        lines.append(line)
    return "\n".join(lines)


def told_category(category: Category, hearing: Hearing, *, with_fields: bool) -> str:
    """A category as the model reads it."""
    name = category.name.get(hearing.language) or category.name["pt-BR"]
    about = category.description.get(hearing.language) or category.description["pt-BR"]
    line = f"- {category.id}: {name}. {about}"
    return f"{line}\n{told(category.fields, hearing)}" if with_fields and category.fields else line


def taken(said: Sequence[FieldSaid], category: Category, hearing: Hearing, mask: Mask) -> tuple[FieldValue, ...]:
    """The values that fit their field and that the employee's own words show; of several for one field the first."""
    by_id = {field.id: field for field in category.fields}
    values: dict[str, FieldValue] = {}
    for one in said:
        field = by_id.get(one.field_id)
        if field is None or one.category_id != category.id or field.id in values:
            continue
        evidence = literally(mask.reveal(one.evidence), hearing.text)
        words = [mask.reveal(value).strip() for value in one.values if value.strip()]
        value = _value(field, words, evidence, hearing) if evidence and words else None
        if value is not None:
            values[field.id] = FieldValue(field_id=field.id, value=value, evidence=evidence, confidence=CONFIDENCE)
    return tuple(values.values())


def literally(evidence: str, text: str) -> str:
    """The evidence as it stands in the words, whatever its case and spaces; "" when it does not."""
    parts = evidence.split()
    if not parts:
        return ""
    found = re.search(r"\s+".join(map(re.escape, parts)), text, re.IGNORECASE)
    return found[0] if found else ""


def _value(field: Field, words: list[str], evidence: str, hearing: Hearing) -> Any:
    """The value in the port's form; None when the evidence does not say it."""
    if field.options or field.type in {"choice", "multi_choice"}:
        return _choice(field, words)
    match field.type:
        case "yes_no":
            said = words[0].casefold()
            return True if said in _TRUE else False if said in _FALSE else None
        case "number":
            return _number(field, words[0], evidence, hearing)
        case "date" | "datetime":
            return _moment(field, words[0], evidence, hearing)
        case "email" | "phone" | "asset_tag":
            return _exact(field, evidence, hearing)
        case _:
            return _free(field, " ".join(words), hearing)


def _choice(field: Field, words: list[str]) -> Any:
    known = {option.id for option in field.options}
    chosen = list(dict.fromkeys(word for word in words if word in known))
    if field.type == "multi_choice":
        return chosen or None
    return chosen[0] if len(chosen) == 1 else None


def _number(field: Field, word: str, evidence: str, hearing: Hearing) -> float | int | None:
    """A number that the evidence names, within the field's bounds."""
    try:
        value = float(word.replace(",", ".")) if word.count(",") <= 1 and "." not in word else float(word)
    except ValueError:
        return None
    named = {amount.value for amount in find_amounts(fold(evidence), hearing.language)}
    within = (field.minimum is None or value >= field.minimum) and (field.maximum is None or value <= field.maximum)
    if value not in named or not within:
        return None
    return int(value) if value.is_integer() else value


def _moment(field: Field, word: str, evidence: str, hearing: Hearing) -> str | None:
    """A moment; where the rules can read one in the evidence, they must agree on the day."""
    try:
        moment = datetime.fromisoformat(word)
    except ValueError:
        return None
    read = [find_moment(fold(evidence), hearing.now, hearing.language, past=past) for past in (False, True)]
    days = {found.day for found in read if found and found.day}
    if (days and moment.date() not in days) or not _NAMES_A_TIME.search(evidence):
        return None
    if field.type == "date":
        return str(date(moment.year, moment.month, moment.day))
    zone = moment.tzinfo or hearing.now.tzinfo
    return moment.replace(tzinfo=zone).isoformat(timespec="minutes")


def _exact(field: Field, evidence: str, hearing: Hearing) -> str | None:
    """Addresses, numbers and tags are read from the evidence by rule, so that no letter of them is the model's."""
    seen = {
        "email": lambda: find_email(evidence),
        "phone": lambda: find_phone(hearing.model_copy(update={"text": evidence})),
        "asset_tag": lambda: find_tag(evidence, field.pattern, asked=True),
    }[field.type]()
    return seen.value if seen else None


def _free(field: Field, words: str, hearing: Hearing) -> str | None:
    """The employee's words, not the model's."""
    if field.pattern:
        seen = find_pattern(words, field.pattern)
        return seen.value if seen and seen.value.casefold() in hearing.text.casefold() else None
    return words if fuzz.partial_ratio(words.casefold(), hearing.text.casefold()) >= ALIKE else None
