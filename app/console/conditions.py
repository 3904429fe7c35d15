"""Conditions of routing and priority rules: read from a form, and told in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.form import Form
from app.console.wording import Words
from app.desk.routing import When
from app.desk.rule_book import categories_of
from app.desk.rules import DeskRules, rules_of
from app.identity.models import EmployeeRow
from app.staff.models import StaffRow
from tools.service_desk import Category

R = TypeVar("R")
LISTS = ("location", "department", "keywords")
MOST = 60  # values of a list
LONGEST = 80  # characters of one


@dataclass(frozen=True, slots=True)
class Known:
    """What a form of conditions may name."""

    rules: DeskRules
    categories: tuple[Category, ...]
    locations: tuple[str, ...]
    departments: tuple[str, ...]
    staff: tuple[tuple[str, str], ...]  # e-mail and name

    @property
    def leaves(self) -> tuple[Category, ...]:
        """Those that take requests."""
        return tuple(category for category in self.categories if category.queue)

    @property
    def choices(self) -> dict[str, Category]:
        """Choice fields by id, each with a category that asks it."""
        return {field.id: category for category in self.categories for field in category.fields if field.options}


def known_to(session: Session) -> Known:
    """Read what there is."""
    places = session.scalars(select(EmployeeRow.location).distinct().order_by(EmployeeRow.location))
    rooms = session.scalars(select(EmployeeRow.department).distinct().order_by(EmployeeRow.department))
    people = session.execute(select(StaffRow.email, StaffRow.name).where(StaffRow.active).order_by(StaffRow.name))
    return Known(
        rules_of(session),
        categories_of(session),
        tuple(filter(None, places)),
        tuple(filter(None, rooms)),
        tuple((row.email, row.name) for row in people),
    )


def read_when(form: Form) -> dict[str, Any]:
    """Only what was said; the caller makes a `When` of it, which wants at least one condition."""
    told: dict[str, Any] = {
        "category": list(form.many("category")[:MOST]),
        "queue": list(form.many("own_queue")[:MOST]),
        "language": list(form.many("language")[:MOST]),
        "hours": form.text("hours", longest=10),
        "vip": {"yes": True, "no": False}.get(form.text("vip", longest=3)),
    }
    for name in LISTS:
        told[name] = [word[:LONGEST] for word in map(str.strip, form.text(name, longest=4000).split(",")) if word][
            :MOST
        ]
    field_id = form.text("field", longest=60)
    if field_id:
        told |= {"field": field_id, "value": _value(form.text("value", longest=200))}
    return {name: value for name, value in told.items() if value not in ("", [], None)}


def _value(text: str) -> Any:
    """Yes and no are what a yes-or-no field holds."""
    return {"true": True, "false": False}.get(text.casefold(), text)


def shown_when(told: Mapping[str, Any]) -> dict[str, Any]:
    """Conditions as their form shows them: what was not said is empty."""
    empty: dict[str, Any] = {"category": (), "queue": (), "language": (), "hours": "", "vip": None, "field": ""}
    return {**empty, **dict.fromkeys(LISTS, ()), "value": "", **told}


def told_when(when: When, known: Known, words: Words) -> list[tuple[str, str]]:
    """Each condition as a heading and what it wants."""
    names = {category.id: category.name for category in known.categories}
    told = [
        ("category", _either(_named(names.get(one, {}), one, words) for one in when.category)),
        ("own_queue", _either(known.rules.queue_name(one, words.language) for one in when.queue)),
        ("language", _either(words(f"conditions.languages.{one}") for one in when.language)),
        ("location", _either(when.location)),
        ("department", _either(when.department)),
        ("keywords", _either(when.keywords)),
        ("hours", words(f"conditions.when_{when.hours}") if when.hours else ""),
        ("vip", words("conditions.yes" if when.vip else "conditions.no") if when.vip is not None else ""),
        ("field", f"{when.field} = {_said(when.value)}" if when.field else ""),
    ]
    return [(name, said) for name, said in told if said]


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _named(names: Mapping[Any, str], otherwise: str, words: Words) -> str:
    return names.get(words.language) or names.get("pt-BR", otherwise)


def _either(values: Iterable[str]) -> str:
    return ", ".join(values)


def reordered(rules: list[R], does: str, position: int | None) -> bool:
    """Move a rule "up" or "down", or "remove" it, in place; False when that is nothing that can be done."""
    if does not in ("up", "down", "remove") or position is None or position >= len(rules):
        return False
    rule = rules.pop(position)
    if does != "remove":
        rules.insert(max(position + (1 if does == "down" else -1), 0), rule)
    return True
