"""A request's history: adding to it, and reading from it what the requester should hear."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.audit.chain import note
from app.db.engine import one_at_a_time
from app.desk.clocks import answered, pause, restart_clock, resume, stop
from app.desk.models import ERASED, AttachmentRow, RequestEvent, RequestRow
from app.desk.transitions import ENDED, OPEN, By, check_step
from app.wakeups import NEWS, wake
from tools.drafts import LONGEST_TEXT, plain
from tools.service_desk import Change, DeskRefusedError, Status

KINDS: dict[str, Literal["comment", "status", "assigned", "attachment", "merged"]] = {
    "comment": "comment", "status": "status", "assigned": "assigned", "attachment": "attachment", "merged": "merged",
}  # fmt: skip
INTERNAL = frozenset({"note", "warned", "breached", "linked", "moved"})  # nobody's but agents'


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, when, and under which reference (None = it may be repeated)."""

    by: By
    author: str
    now: datetime
    reference: str | None = None


def done_before(session: Session, reference: str | None) -> bool:
    """Say whether an act with this reference is in the history."""
    if reference is None:
        return False
    return session.scalar(select(RequestEvent.id).where(RequestEvent.reference == reference)) is not None


def record(session: Session, request: RequestRow, act: Act, kind: str, text: str = "") -> RequestEvent:
    """Add an event; what agents and time do in public is told to the requester, `INTERNAL` ones are not."""
    clean = plain(text)
    if len(clean) > LONGEST_TEXT:
        raise DeskRefusedError(f"text: longer than {LONGEST_TEXT} characters")
    public = kind not in INTERNAL
    if public and act.by == "agent" and request.employee_id == ERASED:
        raise DeskRefusedError("erased: the employee had their data erased, and nobody can be answered any more")
    event = RequestEvent(
        number=request.number,
        kind=kind,
        by=act.by,
        author=plain(act.author),
        public=public,
        tell=public and act.by != "employee" and kind in KINDS,
        text=clean,
        at=act.now,
        reference=act.reference,
    )
    session.add(event)
    session.flush()
    if kind != "status":  # `step` knows between which
        _audit(session, event, act)
    if event.tell:
        wake(session, NEWS)
    if kind == "comment":
        request.last_comment_id = event.id
    _keep_turn(request, act, kind)
    request.updated_at = act.now
    return event


def _keep_turn(request: RequestRow, act: Act, kind: str) -> None:
    """Whose turn it is: the employee's words wait until somebody of the desk says something to them."""
    if act.by == "employee" and kind in ("created", "comment", "attachment"):
        request.unanswered_since = request.unanswered_since or act.now
    elif act.by == "agent" and kind in ("comment", "attachment"):
        request.unanswered_since = None


def step(session: Session, request: RequestRow, after: Status, act: Act, text: str = "") -> None:
    """Bring a request to another status; raises `DeskRefusedError` when it cannot follow."""
    before = request.status
    check_step(before, after)
    if act.by == "agent" and after in ("waiting", "solved"):
        answered(session, request, act.now)
    if after in ENDED and before in OPEN:
        stop(session, request, act.now)
    event = record(session, request, act, "status", text)
    _audit(session, event, act, before=before, after=after)
    event.status = request.status = after
    if after in ENDED or (after == "waiting" and act.by == "agent"):
        request.unanswered_since = None
    elif before in ENDED and act.by == "employee":
        request.unanswered_since = request.unanswered_since or act.now
    if after == "solved":
        request.solved_at = act.now
    elif after in OPEN:
        request.solved_at = request.closed_at = request.rating = None
        _run_clocks(session, request, before, act.now)
    else:
        request.closed_at = act.now
    session.flush()


def _run_clocks(session: Session, request: RequestRow, before: str, now: datetime) -> None:
    if before in ENDED:
        restart_clock(session, request, now)
    elif before == "waiting":
        resume(session, request, now)
    if request.status == "waiting":
        pause(session, request, now)


def _audit(session: Session, event: RequestEvent, act: Act, **details: str) -> None:
    """What happened, without the words of it: those are in the request."""
    subject = f"request {event.number}"
    note(session, f"request.{event.kind}", subject, act.now, by=act.by, event=event.id, **details)


def open_quietly(session: Session, request: RequestRow, act: Act) -> None:
    """Somebody has begun: the requester hears of it by their answer, without a message of its own."""
    event = record(session, request, act, "status")
    event.status, event.tell, request.status = "open", False, "open"
    session.flush()


def attach_file(session: Session, event: RequestEvent, *, wamid: str = "", path: str = "", name: str = "") -> None:
    """Link a file to a request and to the event it came with."""
    session.add(
        AttachmentRow(
            number=event.number, wamid=wamid, path=plain(path), name=plain(name), event_id=event.id, at=event.at
        )
    )


def changes_since(session: Session, cursor: str, *, limit: int = 100) -> tuple[Change, ...]:
    """Read what requesters should hear of, after `cursor` ("" = from the beginning), oldest first."""
    if cursor and not (cursor.isascii() and cursor.isdigit()):
        raise DeskRefusedError("cursor: not one of ours")
    rows = _told_of(session, RequestEvent.id > min(int(cursor or 0), 2**62), limit)
    return tuple(_change(event, employee_id) for event, employee_id in rows)


def take_news(session: Session, now: datetime, *, limit: int = 100) -> tuple[Change, ...]:
    """Read what requesters have not been told of, oldest first, and note that they are told in this transaction.

    Each event is marked by itself: with several writers an event may become visible after one with a higher number.
    """
    one_at_a_time(session, NEWS)
    rows = _told_of(session, RequestEvent.told_at.is_(None), limit)
    for event, _ in rows:
        event.told_at = now
    return tuple(_change(event, employee_id) for event, employee_id in rows)


def _told_of(session: Session, which: ColumnElement[bool], limit: int) -> list[tuple[RequestEvent, str]]:
    rows = session.execute(
        select(RequestEvent, RequestRow.employee_id)
        .join(RequestRow, RequestRow.number == RequestEvent.number)
        .where(RequestEvent.tell, which)
        .order_by(RequestEvent.id)
        .limit(limit)
    )
    return [(event, employee_id) for event, employee_id in rows]


def _change(event: RequestEvent, employee_id: str) -> Change:
    return Change.model_validate(
        {
            "cursor": str(event.id),
            "number": str(event.number),
            "employee_id": employee_id,
            "kind": KINDS[event.kind],
            "text": event.text,
            "author": event.author,
            "status": event.status,
            "at": event.at,
        }
    )


def history_of(session: Session, number: int) -> list[RequestEvent]:
    """Read all that happened to a request, oldest first, internal notes included."""
    return list(session.scalars(select(RequestEvent).where(RequestEvent.number == number).order_by(RequestEvent.id)))
