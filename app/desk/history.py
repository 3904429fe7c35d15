"""A request's history: adding to it, and reading from it what the requester should hear."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.models import AttachmentRow, RequestEvent, RequestRow
from app.desk.transitions import OPEN, By, check_step
from tools.drafts import LONGEST_TEXT, plain
from tools.service_desk import Change, DeskRefusedError, Status

KINDS: dict[str, Literal["comment", "status", "assigned", "attachment"]] = {
    "comment": "comment", "status": "status", "assigned": "assigned", "attachment": "attachment",
}  # fmt: skip


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
    """Add an event; what agents and time do in public is told to the requester, notes are nobody's but agents'."""
    clean = plain(text)
    if len(clean) > LONGEST_TEXT:
        raise DeskRefusedError(f"text: longer than {LONGEST_TEXT} characters")
    public = kind != "note"
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
    if kind == "comment":
        request.last_comment_id = event.id
    request.updated_at = act.now
    return event


def step(session: Session, request: RequestRow, after: Status, act: Act, text: str = "") -> None:
    """Bring a request to another status; raises `DeskRefusedError` when it cannot follow."""
    check_step(request.status, after)
    event = record(session, request, act, "status", text)
    event.status = request.status = after
    if after == "solved":
        request.solved_at = act.now
    elif after in OPEN:
        request.solved_at = request.closed_at = request.rating = None
    else:
        request.closed_at = act.now
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
    rows = session.execute(
        select(RequestEvent, RequestRow.employee_id)
        .join(RequestRow, RequestRow.number == RequestEvent.number)
        .where(RequestEvent.tell, RequestEvent.id > min(int(cursor or 0), 2**62))
        .order_by(RequestEvent.id)
        .limit(limit)
    )
    return tuple(
        Change.model_validate(
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
        for event, employee_id in rows
    )


def history_of(session: Session, number: int) -> list[RequestEvent]:
    """Read all that happened to a request, oldest first, internal notes included."""
    return list(session.scalars(select(RequestEvent).where(RequestEvent.number == number).order_by(RequestEvent.id)))
