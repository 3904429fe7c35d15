"""A request's clocks: until the first answer and until the solution, in working time, with warnings and marks.

The promise is to the employee: it counts from `clock_started_at` in the hours of the request's queue. It stands still
while the request is `waiting` for them and goes on while it is `pending` for somebody else. Another queue keeps what
was promised. Reopening begins a new clock for the solution and takes the old one's marks away; the history keeps them.

`look_at` is the next moment at which something may be due; the sweeper looks at nothing else.
"""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.chain import note
from app.desk.calendar import Calendar, due, working_between
from app.desk.models import RequestEvent, RequestRow
from app.desk.promises import promised
from app.desk.rules import DeskRules, rules_of
from app.desk.transitions import OPEN
from tools.service_desk import DeskRefusedError, Priority

Clock = Literal["first_response", "resolution"]
CLOCKS: tuple[Clock, ...] = ("first_response", "resolution")
AT_ONCE = 100  # requests in one transaction of the sweeper: 0.15 s, and no message waits longer


def start_clocks(row: RequestRow, rules: DeskRules, now: datetime) -> None:
    """Promise both moments, from now on; raises `DeskRefusedError` where no hours or no promise are set."""
    row.first_response_due, row.resolution_due = _promised(row, rules, now)
    row.clock_started_at, row.paused_seconds = now, 0
    row.look_at = _next_look(row, rules)


def restart_clock(session: Session, row: RequestRow, now: datetime) -> None:
    """Begin a new clock for the solution of a request that is reopened; without hours the old promise stays."""
    rules = rules_of(session)
    row.resolution_warned_at = row.resolution_breached_at = None
    row.clock_started_at, row.paused_seconds, row.paused_since = now, 0, None
    row.responded_at = row.responded_at or now
    if rules.calendar_of(row.queue) is not None:
        row.resolution_due = _promised(row, rules, now)[1]
    row.look_at = _next_look(row, rules)


def promise_again(session: Session, row: RequestRow, now: datetime) -> None:
    """Count both promises from their beginning again, for a request whose priority changed; pauses stay counted.

    What is marked as broken stays so: a higher promise cannot be kept in the past, a lower one does not mend it.
    """
    rules = rules_of(session)
    calendar = rules.calendar_of(row.queue)
    if calendar is None:
        return
    began, paused = row.clock_started_at or row.created_at, timedelta(seconds=row.paused_seconds)
    promise = rules.promise_of(row.queue, _priority(row))
    if promise is None:
        return
    if row.responded_at is None:
        row.first_response_due = due(began, timedelta(hours=promise.first_response) + paused, calendar)
    row.resolution_due = due(began, timedelta(hours=promise.resolution) + paused, calendar)
    for clock in CLOCKS:
        if getattr(row, f"{clock}_breached_at") is None:
            setattr(row, f"{clock}_warned_at", None)
    row.look_at = _next_look(row, rules) if row.paused_since is None else None
    notice(session, row, now, rules)


def pause(session: Session, row: RequestRow, now: datetime) -> None:
    """Let both clocks stand still."""
    if row.paused_since is None:
        notice(session, row, now)
        row.paused_since, row.look_at = now, None


def resume(session: Session, row: RequestRow, now: datetime) -> None:
    """Let them go on: what was left of the working time is left now."""
    since, rules = row.paused_since, rules_of(session)
    if since is None:
        return
    row.paused_since = None
    calendar = rules.calendar_of(row.queue)
    if calendar is not None:
        row.paused_seconds += round(working_between(since, now, calendar).total_seconds())
        if row.responded_at is None:
            row.first_response_due = moved(row.first_response_due, since, now, calendar)
        row.resolution_due = moved(row.resolution_due, since, now, calendar)
    row.look_at = _next_look(row, rules)


def moved(promised_at: datetime, since: datetime, until: datetime, calendar: Calendar) -> datetime:
    """Find where a promise lies after a pause; one that had passed before the pause stays where it was."""
    if promised_at <= since or until <= since:
        return promised_at
    return max(promised_at, due(until, working_between(since, promised_at, calendar), calendar))


def stop(session: Session, row: RequestRow, now: datetime) -> None:
    """The request has come to an end: mark what was late, and look no more."""
    if row.paused_since is not None:
        resume(session, row, now)
    notice(session, row, now)
    row.look_at = None


def answered(session: Session, row: RequestRow, now: datetime) -> None:
    """Somebody of the desk spoke to the requester."""
    if row.responded_at is None:
        if row.paused_since is None:
            notice(session, row, now)
        row.responded_at = now
        row.look_at = _next_look(row, rules_of(session)) if row.paused_since is None else None


def notice(session: Session, row: RequestRow, now: datetime, rules: DeskRules | None = None) -> None:
    """Warn of what is nearly due and mark what is past due, each once; a request that stands still is left alone."""
    rules = rules or rules_of(session)
    if row.paused_since is not None or row.status not in OPEN:
        row.look_at = None
        return
    for clock in CLOCKS:
        if _is_done(row, clock):
            continue
        promised_at: datetime = getattr(row, f"{clock}_due")
        if now >= promised_at:
            setattr(row, f"{clock}_breached_at", promised_at)
            _mark(session, row, clock, "breached", now)
        elif getattr(row, f"{clock}_warned_at") is None and _warns_at(row, clock, rules) <= now:
            setattr(row, f"{clock}_warned_at", now)
            _mark(session, row, clock, "warned", now)
    row.look_at = _next_look(row, rules)


def notice_due(session: Session, now: datetime, *, limit: int = AT_ONCE) -> int:
    """Look at every request whose moment has come; returns how many, for the sweeper to go on."""
    coming = select(RequestRow).where(RequestRow.look_at.is_not(None), RequestRow.look_at <= now)
    rows = session.scalars(coming.order_by(RequestRow.look_at).limit(limit).with_for_update(skip_locked=True)).all()
    rules = rules_of(session)
    for row in rows:
        notice(session, row, now, rules)
    session.flush()
    return len(rows)


def _mark(session: Session, row: RequestRow, clock: Clock, kind: str, now: datetime) -> None:
    """Tell agents only; nobody changed anything, so `updated_at` stays."""
    session.add(RequestEvent(number=row.number, kind=kind, by="system", public=False, text=clock, at=now))
    note(session, f"request.{kind}", f"request {row.number}", now, clock=clock)


def _is_done(row: RequestRow, clock: Clock) -> bool:
    if getattr(row, f"{clock}_breached_at") is not None:
        return True
    return clock == "first_response" and row.responded_at is not None


def _next_look(row: RequestRow, rules: DeskRules) -> datetime | None:
    coming = []
    for clock in CLOCKS:
        if _is_done(row, clock):
            continue
        coming.append(getattr(row, f"{clock}_due"))
        if getattr(row, f"{clock}_warned_at") is None:
            coming.append(_warns_at(row, clock, rules))
    return min(coming, default=None)


def _warns_at(row: RequestRow, clock: Clock, rules: DeskRules) -> datetime:
    """The moment at which so much of the promised working time is used; the promise itself when nobody is warned."""
    promised_at: datetime = getattr(row, f"{clock}_due")
    promise, calendar = rules.promise_of(row.queue, _priority(row)), rules.calendar_of(row.queue)
    if not rules.warn_at or promise is None or calendar is None:
        return promised_at
    used = timedelta(hours=getattr(promise, clock)) * rules.warn_at / 100
    began = row.clock_started_at or row.created_at
    return min(promised_at, due(began, used + timedelta(seconds=row.paused_seconds), calendar))


def _promised(row: RequestRow, rules: DeskRules, now: datetime) -> tuple[datetime, datetime]:
    calendar, promise = rules.calendar_of(row.queue), rules.promise_of(row.queue, _priority(row))
    if calendar is None or promise is None:
        raise DeskRefusedError(f"queue: {row.queue} has no hours or {row.priority} no promise")
    return promised(promise, calendar, now)


def _priority(row: RequestRow) -> Priority:
    found: dict[str, Priority] = {"low": "low", "medium": "medium", "high": "high", "urgent": "urgent"}
    return found[row.priority]
