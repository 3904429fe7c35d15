"""Working hours and promises: calendars by weekday with holidays, targets by priority, and what they mean now."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.form import Form
from app.console.moments import ZONES
from app.console.route import get, post
from app.console.visit import Visit
from app.desk.calendar import WEEKDAYS, Calendar, is_open, opens_at
from app.desk.errors import SettingRefusedError
from app.desk.priority import STEPS
from app.desk.promises import promised
from app.desk.rule_book import Change, Part, change_rules, dumped, go_back, versions_of
from app.desk.rules import DeskRules, rules_of
from tools.service_desk import Priority

PATH = "/hours"
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SPANS = 3  # open spans of a day that the form has room for
MOST_HOLIDAYS = 400


@dataclass(frozen=True, slots=True)
class Promised:
    """What a request that arrives now would be told."""

    priority: Priority
    first_response: datetime
    resolution: datetime


async def show_hours(visit: Visit) -> Response:
    """Calendars, targets, and what a request arriving now would be promised."""
    return await _page(visit)


async def _page(visit: Visit, *, status: int = 200, trouble: str = "", **values: Any) -> Response:
    asked = visit.request.query_params.get("queue", "")

    def look(session: Session) -> dict[str, Any]:
        rules = rules_of(session)
        queue = rules.queue(asked) or next(iter(rules.queues), None)
        return {
            "rules": rules,
            "queue": queue,
            "now_promised": promises_now(rules, queue.id, visit.now) if queue else [],
            "open_now": {name: is_open(calendar, visit.now) for name, calendar in rules.calendars.items()},
            "opens": {name: opens_at(calendar, visit.now) for name, calendar in rules.calendars.items()},
            "used": {name: [one for one in rules.queues if one.calendar == name] for name in rules.calendars},
            "versions": [*versions_of(session, "promises")],
        }

    data = await visit.read(look)
    versions = [{"id": row.id, "by": row.by, "at": row.at, "part": row.part} for row in data.pop("versions")]
    told = visit.words(trouble, **values) if trouble else ""
    return visit.page(
        "settings/hours.html", status, **data, versions=versions, steps=STEPS, weekdays=WEEKDAYS, trouble=told
    )


def promises_now(rules: DeskRules, queue_id: str, now: datetime) -> list[Promised]:
    """What would be promised in a queue, by priority, most urgent first."""
    calendar = rules.calendar_of(queue_id)
    found = []
    for priority in reversed(STEPS):
        promise = rules.promise_of(queue_id, priority)
        if calendar is not None and promise is not None:
            found.append(Promised(priority, *promised(promise, calendar, now)))
    return found


async def save_targets(visit: Visit) -> Response:
    """Other targets for all, or for one queue alone; when to warn; how long a solved request may be reopened."""
    form, queue_id = visit.form, visit.form.text("queue", longest=60)
    promises = {step: promise for step in STEPS if (promise := _promise(form, step))}

    def save(session: Session) -> None:
        if queue_id:
            rules = rules_of(session)
            if rules.queue(queue_id) is None:
                raise SettingRefusedError("queue_unknown", name=queue_id)
            queues = [
                told | {"promises": promises} if told["id"] == queue_id else told for told in dumped(rules)["queues"]
            ]
            change_rules(session, _change(visit, "queues"), queues=queues)
            return
        if len(promises) < len(STEPS):
            raise SettingRefusedError("promise_missing")
        warn_at, days = form.number("warn_at", least=0, most=99), form.number("reopen_days", least=0, most=365)
        if warn_at is None or days is None:
            raise SettingRefusedError("number_malformed")
        change_rules(session, _change(visit, "promises"), promises=promises, warn_at=warn_at, reopen_days=days)

    try:
        await visit.write(save)
    except SettingRefusedError as refused:
        return await _page(visit, status=422, trouble=_reason(refused), **refused.values)
    return visit.go(f"{PATH}?queue={queue_id}" if queue_id else PATH, "hours.saved")


def _reason(refused: SettingRefusedError) -> str:
    return "refused.promise_malformed" if refused.reason == "malformed" else f"refused.{refused.reason}"


def _promise(form: Form, priority: str) -> dict[str, float] | None:
    """Hours, with a decimal point or comma; None when both are empty."""
    told = {name: form.text(f"{name}.{priority}", longest=10) for name in ("first_response", "resolution")}
    if not any(told.values()):
        return None
    return {name: _hours(text) for name, text in told.items()}


def _hours(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return -1.0  # which no promise may be


async def show_calendar(visit: Visit) -> Response:
    """One calendar, or the form of a new one."""
    return await _calendar_page(visit)


async def _calendar_page(visit: Visit, *, status: int = 200, trouble: str = "", **values: Any) -> Response:
    name = str(visit.request.path_params["name"])
    rules = await visit.read(rules_of)
    calendar = rules.calendars.get(name)
    if calendar is None and name != "new":
        raise HTTPException(404)
    typed = _typed(visit.form) if status != 200 else _form_of(calendar, visit.me.timezone)
    told = visit.words(trouble, **values) if trouble else ""
    return visit.page(
        "settings/calendar.html", status,
        name=name, calendar=calendar, typed=typed, trouble=told, weekdays=WEEKDAYS, spans=SPANS,
        zones=sorted({*ZONES, typed["timezone"]}), used=[one for one in rules.queues if one.calendar == name],
    )  # fmt: skip


def _form_of(calendar: Calendar | None, zone: str) -> dict[str, Any]:
    if calendar is None:
        office = {day: [["09:00", "18:00"]] for day in WEEKDAYS[:5]}
        return {"id": "", "timezone": zone, "hours": office, "holidays": ""}
    return {
        "id": "",
        "timezone": calendar.timezone,
        "hours": {day: [list(span) for span in spans] for day, spans in calendar.hours.items()},
        "holidays": "\n".join(day.isoformat() for day in sorted(calendar.holidays)),
    }


def _typed(form: Form) -> dict[str, Any]:
    hours: dict[str, list[list[str]]] = {}
    for day in WEEKDAYS:
        spans = [[form.text(f"{day}.{number}.{end}", longest=5) for end in ("from", "to")] for number in range(SPANS)]
        told = [span for span in spans if any(span)]
        if told:
            hours[day] = told
    return {
        "id": form.text("id", longest=60),
        "timezone": form.text("timezone", longest=60),
        "hours": hours,
        "holidays": form.text("holidays", longest=12_000),
    }


async def save_calendar(visit: Visit) -> Response:
    """Keep a calendar; take one out that no queue uses."""
    name, typed = str(visit.request.path_params["name"]), _typed(visit.form)
    known = name if name != "new" else str(typed["id"])
    removes = visit.form.has("remove")

    def save(session: Session) -> None:
        calendars = dumped(rules_of(session)).get("calendars", {})
        if name != "new" and name not in calendars:
            raise HTTPException(404)
        if name == "new" and (not ID.fullmatch(known) or known in {"new", "back"}):
            raise SettingRefusedError("id_malformed")
        if name == "new" and known in calendars:
            raise SettingRefusedError("id_taken", name=known)
        if removes:
            calendars.pop(name)
        else:
            calendars[known] = _calendar(typed)
        change_rules(session, _change(visit, "calendars"), calendars=calendars)

    try:
        await visit.write(save)
    except SettingRefusedError as refused:
        return await _calendar_page(visit, status=422, trouble=f"refused.{refused.reason}", **refused.values)
    return visit.go(PATH, "hours.removed" if removes else "hours.calendar_saved", name=known)


def _calendar(typed: dict[str, Any]) -> dict[str, Any]:
    """Check it by itself first, so that the complaint is about hours or a day, not about the rules."""
    days = [line.split("#")[0].strip() for line in typed["holidays"].splitlines()]
    for line in filter(None, days):
        try:
            date.fromisoformat(line)
        except ValueError:
            raise SettingRefusedError("holiday_malformed", name=line[:30]) from None
    wanted = {
        "timezone": typed["timezone"],
        "hours": {day: [[part or "00:00" for part in span] for span in spans] for day, spans in typed["hours"].items()},
        "holidays": sorted(set(filter(None, days)))[:MOST_HOLIDAYS],
    }
    try:
        Calendar.model_validate(wanted)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if "timezone" in first["loc"]:
            raise SettingRefusedError("zone_unknown") from None
        raise SettingRefusedError("hours_malformed" if typed["hours"] else "hours_missing") from None
    return wanted


async def restore(visit: Visit) -> Response:
    """Go back to earlier targets."""
    version = visit.form.number("version", least=1, most=2**53) or 0
    try:
        await visit.write(lambda session: go_back(session, version, _change(visit, "promises")))
    except SettingRefusedError as refused:
        return visit.go(PATH, f"refused.{refused.reason}", trouble=True, **refused.values)
    return visit.go(PATH, "hours.restored")


def _change(visit: Visit, part: Part) -> Change:
    return Change(part, visit.me.name, visit.now)


ROUTES = (
    get("/hours", show_hours),
    post("/hours", save_targets),
    post("/hours/back", restore),
    get("/hours/{name}", show_calendar),
    post("/hours/{name}", save_calendar),
)
