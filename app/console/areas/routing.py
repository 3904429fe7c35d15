"""Routing rules: those in force, a draft of others, what the draft would have done, what there was before."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.conditions import Known, known_to, read_when, reordered, shown_when, told_when
from app.console.personal import sight_of
from app.console.route import get, post
from app.console.visit import Visit
from app.desk.errors import SettingRefusedError
from app.desk.routing import RoutingRule
from app.desk.rule_book import (
    Change,
    draft_of,
    drop_draft,
    go_back,
    keep_draft,
    newest_of,
    switch_on,
    versions_of,
)
from app.desk.rules import DeskRules, rules_of
from app.desk.trial import LAST, try_routing

PATH = "/routing"
SPANS = (50, LAST, 500)  # requests to try on


async def show_routing(visit: Visit) -> Response:
    """What is in force, or the draft; and its history."""

    def look(session: Session) -> dict[str, Any]:
        known, draft = known_to(session), draft_of(session)
        rules = draft.rules if draft else known.rules.routing
        versions = [
            {"id": row.id, "by": row.by, "at": row.at, "part": row.part, "rules": len(_routing_in(row.body))}
            for row in versions_of(session, "routing")
        ]
        return {"known": known, "draft": draft, "rules": _told(rules, known, visit), "versions": versions}

    return visit.page("settings/routing.html", **await visit.read(look))


def _routing_in(body: str) -> Sequence[RoutingRule]:
    return DeskRules.model_validate_json(body).routing


def _told(rules: Sequence[RoutingRule], known: Known, visit: Visit) -> list[dict[str, Any]]:
    people = dict(known.staff)
    return [
        {
            "name": rule.name,
            "when": told_when(rule.when, known, visit.words),
            "queue": known.rules.queue_name(rule.queue, visit.words.language) if rule.queue else "",
            "raise": rule.raise_,
            "assignee": people.get(rule.assignee, rule.assignee),
        }
        for rule in rules
    ]


async def change_draft(visit: Visit) -> Response:
    """Begin a draft, change the order of its rules, take one out, drop it."""
    form, position = visit.form, visit.form.number("rule", least=0, most=1000)
    does = form.text("do", longest=10)

    def change(session: Session) -> None:
        if does == "drop":
            drop_draft(session)
            return
        rules = _list(session)
        reordered(rules, does, position)
        keep_draft(session, rules, by=visit.me.name, now=visit.now)

    try:
        await visit.write(change)
    except SettingRefusedError as refused:
        return _refused(visit, refused)
    return visit.go(PATH, "routing.dropped" if does == "drop" else "")


def _list(session: Session) -> list[RoutingRule]:
    """The draft's rules, or those in force to begin with."""
    draft = draft_of(session)
    return list(draft.rules if draft else rules_of(session).routing)


async def show_rule(visit: Visit) -> Response:
    """The form of one rule; the number after the last is a new one."""
    return await _rule_page(visit)


async def _rule_page(visit: Visit, *, status: int = 200, trouble: str = "", **values: Any) -> Response:
    position = int(visit.request.path_params["id"])
    known, rules = await visit.read(lambda session: (known_to(session), _list(session)))
    if position > len(rules):
        raise HTTPException(404)
    rule = rules[position] if position < len(rules) else None
    typed = _typed(visit) if status != 200 else _form_of(rule)
    typed["when"] = shown_when(typed["when"])
    told = visit.words(trouble, **values) if trouble else ""
    return visit.page(
        "settings/rule.html", status, position=position, rule=rule, typed=typed, known=known, trouble=told
    )


def _form_of(rule: RoutingRule | None) -> dict[str, Any]:
    if rule is None:
        return {"name": "", "queue": "", "raise": 0, "assignee": "", "when": {}}
    when = rule.when.model_dump(exclude_unset=True)
    return {"name": rule.name, "queue": rule.queue, "raise": rule.raise_, "assignee": rule.assignee, "when": when}


def _typed(visit: Visit) -> dict[str, Any]:
    form = visit.form
    return {
        "name": form.text("name", longest=120),
        "queue": form.text("queue", longest=60),
        "raise": form.number("raise", least=0, most=3) or 0,
        "assignee": form.text("assignee", longest=254),
        "when": read_when(form),
    }


async def save_rule(visit: Visit) -> Response:
    """Put a rule into the draft."""
    position, told = int(visit.request.path_params["id"]), _typed(visit)
    if not told["when"]:
        return await _rule_page(visit, status=422, trouble="refused.no_condition")
    try:
        rule = RoutingRule.model_validate({name: value for name, value in told.items() if value})
    except ValidationError:
        return await _rule_page(visit, status=422, trouble="refused.does_nothing")

    def save(session: Session) -> None:
        rules = _list(session)
        rules[position : position + 1] = [rule]
        keep_draft(session, rules, by=visit.me.name, now=visit.now)

    try:
        await visit.write(save)
    except SettingRefusedError as refused:
        return await _rule_page(visit, status=422, trouble=f"refused.{refused.reason}", **refused.values)
    return visit.go(PATH, "routing.kept")


async def show_trial(visit: Visit) -> Response:
    """The draft tried on past requests."""
    asked = visit.request.query_params.get("last", "")
    last = next((span for span in SPANS if str(span) == asked), LAST)

    def look(session: Session) -> dict[str, Any]:
        draft = draft_of(session)
        rules = draft.rules if draft else rules_of(session).routing
        known = known_to(session)
        return {
            "trial": try_routing(session, rules, last=last),
            "draft": draft,
            "known": known,
            "rules": _told(rules, known, visit),
            "seen": newest_of(session, "routing"),
        }

    return visit.page("settings/trial.html", **await visit.read(look), last=last, spans=SPANS, sight=sight_of(visit.me))


async def switch_draft_on(visit: Visit) -> Response:
    """Put the draft in force, unless somebody else changed the rules since it was looked at."""
    seen = visit.form.number("seen", least=0, most=2**53)
    change = Change("routing", visit.me.name, visit.now, seen)
    try:
        await visit.write(lambda session: switch_on(session, change))
    except SettingRefusedError as refused:
        return _refused(visit, refused)
    return visit.go(PATH, "routing.switched")


async def restore(visit: Visit) -> Response:
    """Go back to a version; a draft stays a draft."""
    version = visit.form.number("version", least=1, most=2**53) or 0
    change = Change("routing", visit.me.name, visit.now)
    try:
        await visit.write(lambda session: go_back(session, version, change))
    except SettingRefusedError as refused:
        return _refused(visit, refused)
    return visit.go(PATH, "routing.restored")


def _refused(visit: Visit, refused: SettingRefusedError) -> Response:
    return visit.go(PATH, f"refused.{refused.reason}", trouble=True, **refused.values)


ROUTES = (
    get("/routing", show_routing),
    post("/routing", change_draft),
    get("/routing/try", show_trial),
    post("/routing/on", switch_draft_on),
    post("/routing/back", restore),
    get("/routing/{id:int}", show_rule),
    post("/routing/{id:int}", save_rule),
)
