"""Queues: who is in them, when they work, how they share requests out, who is away."""

import re
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.form import Form
from app.console.moments import zone_of
from app.console.route import get, post
from app.console.visit import Visit
from app.console.wording import LANGUAGES
from app.desk.assignment import members_of, set_members
from app.desk.errors import SettingRefusedError
from app.desk.models import RequestRow
from app.desk.rule_book import Change, change_rules, dumped
from app.desk.rules import Queue, rules_of
from app.desk.transitions import OPEN
from app.staff.accounts import all_staff
from app.staff.models import StaffRow

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
STRATEGIES = ("manual", "round_robin", "by_load")


async def show_queues(visit: Visit) -> Response:
    """All of them, with how much lies there."""
    return await _list(visit)


async def _list(visit: Visit, *, status: int = 200, refused: SettingRefusedError | None = None) -> Response:
    def look(session: Session) -> dict[str, Any]:
        rules = rules_of(session)
        counted = select(RequestRow.queue, func.count()).where(RequestRow.status.in_(OPEN)).group_by(RequestRow.queue)
        return {
            "rules": rules,
            "open_requests": {row[0]: row[1] for row in session.execute(counted)},
            "members": {queue.id: members_of(session, queue.id) for queue in rules.queues},
            "people": _people(session, visit.now),
        }

    data = await visit.read(look)
    typed = {name: visit.form.text(name, longest=80) for name in ("id", "calendar", *_name_fields())}
    return visit.page("settings/queues.html", status, **data, refused=refused, typed=typed)


def _name_fields() -> tuple[str, ...]:
    return tuple(f"name.{language}" for language in LANGUAGES)


async def add_queue(visit: Visit) -> Response:
    """A new one, for which requests are given out by hand at first."""
    form, queue_id = visit.form, visit.form.text("id", longest=60)

    def add(session: Session) -> None:
        if not ID.fullmatch(queue_id) or queue_id == "away":
            raise SettingRefusedError("id_malformed", place="id")
        told = dumped(rules_of(session)).get("queues", [])
        new = {"id": queue_id, "name": _names(form), "calendar": form.text("calendar", longest=60)}
        change_rules(session, _change(visit), queues=[*told, new])

    try:
        await visit.write(add)
    except SettingRefusedError as refused:
        return await _list(visit, status=422, refused=refused)
    return visit.go(f"/queues/{queue_id}", "queues.added")


async def show_queue(visit: Visit) -> Response:
    """One of them."""
    return await _one(visit)


async def _one(visit: Visit, *, status: int = 200, refused: SettingRefusedError | None = None) -> Response:
    queue_id = str(visit.request.path_params["name"])

    def look(session: Session) -> dict[str, Any]:
        rules = rules_of(session)
        return {
            "rules": rules,
            "queue": _found(session, queue_id),
            "members": members_of(session, queue_id),
            "people": _people(session, visit.now),
        }

    data = await visit.read(look)
    return visit.page("settings/queue.html", status, **data, refused=refused, strategies=STRATEGIES)


async def save_queue(visit: Visit) -> Response:
    """Another name, calendar, strategy, members; or take it out when nothing needs it."""
    queue_id, form = str(visit.request.path_params["name"]), visit.form

    def save(session: Session) -> None:
        queue = _found(session, queue_id)
        queues = dumped(rules_of(session))["queues"]
        if form.has("remove"):
            change_rules(session, _change(visit), queues=[told for told in queues if told["id"] != queue_id])
            set_members(session, queue_id, set())
            return
        wanted = {"name": _names(form), "calendar": form.text("calendar", longest=60)}
        wanted["assignment"] = form.text("assignment", longest=20) or queue.assignment
        told = [known | wanted if known["id"] == queue_id else known for known in queues]
        change_rules(session, _change(visit), queues=told)
        known = {row.id for row in all_staff(session)}
        set_members(session, queue_id, {int(one) for one in form.many("member") if one.isdecimal()} & known)

    try:
        await visit.write(save)
    except SettingRefusedError as refused:
        return await _one(visit, status=422, refused=refused)
    return visit.go("/queues", "queues.removed" if form.has("remove") else "queues.saved")


async def save_absence(visit: Visit) -> Response:
    """Somebody is away until a day, or is back."""
    staff_id = visit.form.number("staff", least=1, most=2**53)
    until = _morning_of(visit.form.text("until", longest=10), visit)

    def save(session: Session) -> str:
        row = session.get(StaffRow, staff_id) if staff_id else None
        if row is None:
            raise HTTPException(404)
        row.away_until = until
        return row.name

    name = await visit.write(save)
    return visit.go("/queues", "queues.away_saved" if until else "queues.back_saved", name=name)


def _morning_of(text: str, visit: Visit) -> datetime | None:
    """The beginning of the day after the last day away, in the viewer's zone."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 -- a day, not a moment
    except ValueError:
        return None
    return datetime.combine(day + timedelta(days=1), time(), zone_of(visit.me.timezone))


def _people(session: Session, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "id": row.id,
            "name": row.name,
            "roles": row.roles,
            "active": row.active,
            "away_until": row.away_until if row.away_until and row.away_until > now else None,
        }
        for row in all_staff(session)
    ]


def _found(session: Session, queue_id: str) -> Queue:
    queue = rules_of(session).queue(queue_id)
    if queue is None:
        raise HTTPException(404)
    return queue


def _names(form: Form) -> dict[str, str]:
    return {language: form.text(f"name.{language}", longest=80) for language in LANGUAGES}


def _change(visit: Visit) -> Change:
    return Change("queues", visit.me.name, visit.now)


ROUTES = (
    get("/queues", show_queues),
    post("/queues", add_queue),
    post("/queues/away", save_absence),
    get("/queues/{name}", show_queue),
    post("/queues/{name}", save_queue),
)
