"""How urgent requests are: the matrix of impact and category, and the rules that raise what comes out."""

from typing import Any, get_args

from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.conditions import Known, known_to, read_when, reordered, shown_when, told_when
from app.console.route import get, post
from app.console.visit import Visit
from app.desk.errors import SettingRefusedError
from app.desk.priority import STEPS, PriorityRule
from app.desk.rule_book import Change, change_rules, dumped, go_back, versions_of
from app.desk.rules import rules_of
from tools.service_desk import FieldOption, Priority

PATH = "/priority"


async def show_priority(visit: Visit) -> Response:
    """The matrix, the rules, their history."""

    def look(session: Session) -> dict[str, Any]:
        known = known_to(session)
        rules = [
            {
                "name": rule.name,
                "when": told_when(rule.when, known, visit.words),
                "raise": rule.raise_,
                "at_least": rule.at_least,
                "never_above": rule.never_above,
            }
            for rule in known.rules.priority_rules
        ]
        versions = [
            {"id": row.id, "by": row.by, "at": row.at, "part": row.part} for row in versions_of(session, "priority")
        ]
        field = _asked_field(visit, known)
        return {"known": known, "rules": rules, "versions": versions, "field": field, "options": _options(known, field)}

    return visit.page("settings/priority.html", **await visit.read(look), steps=STEPS)


def _asked_field(visit: Visit, known: Known) -> str:
    """The field that says how far a trouble reaches: as asked, as set, or as catalogues call it."""
    asked = visit.request.query_params.get("field", "")
    matrix = known.rules.priority_matrix
    wishes = (asked, matrix.field if matrix else "", "impact")
    return next((wish for wish in wishes if wish in known.choices), next(iter(known.choices), ""))


def _options(known: Known, field_id: str) -> list[FieldOption]:
    """All options of that field, whichever category asks it."""
    found: dict[str, FieldOption] = {}
    for category in known.categories:
        for field in category.fields:
            if field.id == field_id:
                found |= {option.id: option for option in field.options if option.id not in found}
    return list(found.values())


async def save_matrix(visit: Visit) -> Response:
    """Another matrix, or none; or another order of the rules, or one less."""
    form = visit.form
    does, position = form.text("do", longest=10), form.number("rule", least=0, most=1000)

    def save(session: Session) -> None:
        if does == "matrix":
            known = known_to(session)
            field_id = form.text("field", longest=60)
            cells = {option.id: _row(visit, option.id) for option in _options(known, field_id)}
            change_rules(session, _change(visit), priority_matrix={"field": field_id, "cells": cells})
        elif does == "off":
            change_rules(session, _change(visit), priority_matrix=None)
        else:
            rules = list(dumped(rules_of(session)).get("priority_rules", []))
            if reordered(rules, does, position):
                change_rules(session, _change(visit), priority_rules=rules)

    try:
        await visit.write(save)
    except SettingRefusedError as refused:
        return _refused(visit, refused)
    return visit.go(PATH, "priority.saved")


def _row(visit: Visit, option_id: str) -> dict[Priority, Priority]:
    """Only cells that differ from the category's own priority."""
    chosen = {step: visit.form.text(f"cell.{option_id}.{step}", longest=10) for step in STEPS}
    return {step: told for step, said in chosen.items() for told in get_args(Priority) if told == said != step}


async def show_rule(visit: Visit) -> Response:
    """The form of one rule; the number after the last is a new one."""
    return await _rule_page(visit)


async def _rule_page(visit: Visit, *, status: int = 200, trouble: str = "", **values: Any) -> Response:
    position = int(visit.request.path_params["id"])
    known = await visit.read(known_to)
    rules = known.rules.priority_rules
    if position > len(rules):
        raise HTTPException(404)
    rule = rules[position] if position < len(rules) else None
    typed = _typed(visit) if status != 200 else _form_of(rule)
    typed["when"] = shown_when(typed["when"])
    told = visit.words(trouble, **values) if trouble else ""
    return visit.page(
        "settings/priority_rule.html", status,
        position=position, rule=rule, typed=typed, known=known, trouble=told, steps=STEPS,
    )  # fmt: skip


def _form_of(rule: PriorityRule | None) -> dict[str, Any]:
    if rule is None:
        return {"name": "", "how": "raise", "raise": 1, "at_least": "high", "never_above": "", "when": {}}
    return {
        "name": rule.name,
        "how": "at_least" if rule.at_least else "raise",
        "raise": rule.raise_ or 1,
        "at_least": rule.at_least or "high",
        "never_above": rule.never_above or "",
        "when": rule.when.model_dump(exclude_unset=True),
    }


def _typed(visit: Visit) -> dict[str, Any]:
    form = visit.form
    return {
        "name": form.text("name", longest=120),
        "how": form.text("how", longest=10),
        "raise": form.number("raise", least=1, most=3) or 1,
        "at_least": form.text("at_least", longest=10),
        "never_above": form.text("never_above", longest=10),
        "when": read_when(form),
    }


async def save_rule(visit: Visit) -> Response:
    """Keep a rule; it decides from the next request on."""
    position, told = int(visit.request.path_params["id"]), _typed(visit)
    if not told["when"]:
        return await _rule_page(visit, status=422, trouble="refused.no_condition")
    wanted: dict[str, Any] = {"name": told["name"], "when": told["when"]}
    if told["how"] == "at_least":
        wanted["at_least"] = told["at_least"]
    else:
        wanted["raise"] = told["raise"]
        if told["never_above"]:
            wanted["never_above"] = told["never_above"]
    try:
        PriorityRule.model_validate(wanted)
    except ValidationError:
        return await _rule_page(visit, status=422, trouble="refused.does_nothing")

    def save(session: Session) -> None:
        rules = list(dumped(rules_of(session)).get("priority_rules", []))
        rules[position : position + 1] = [wanted]
        change_rules(session, _change(visit), priority_rules=rules)

    try:
        await visit.write(save)
    except SettingRefusedError as refused:
        return await _rule_page(visit, status=422, trouble=f"refused.{refused.reason}", **refused.values)
    return visit.go(PATH, "priority.saved")


async def restore(visit: Visit) -> Response:
    """Go back to a version."""
    version = visit.form.number("version", least=1, most=2**53) or 0
    try:
        await visit.write(lambda session: go_back(session, version, _change(visit)))
    except SettingRefusedError as refused:
        return _refused(visit, refused)
    return visit.go(PATH, "priority.restored")


def _change(visit: Visit) -> Change:
    return Change("priority", visit.me.name, visit.now)


def _refused(visit: Visit, refused: SettingRefusedError) -> Response:
    return visit.go(PATH, f"refused.{refused.reason}", trouble=True, **refused.values)


ROUTES = (
    get("/priority", show_priority),
    post("/priority", save_matrix),
    post("/priority/back", restore),
    get("/priority/{id:int}", show_rule),
    post("/priority/{id:int}", save_rule),
)
