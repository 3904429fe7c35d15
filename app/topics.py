"""Which request a message of ours is about: for what quotes it, and for what is said right after it."""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.db.models import OutboxEntry
from app.desk.models import RequestEvent, RequestRow
from app.desk.transitions import OPEN
from app.news import NEWS, PARTS
from app.transcript import words
from graph.choices import read_tap
from graph.context import Topic

NAMED = re.compile(r"\*#(\d{1,9})\*")  # as our texts write a request's number
SENT = ("message", "file")


def about(session: Session, conversation_id: int, wamids: Collection[str], employee_id: str | None) -> dict[str, str]:
    """The employee's request that each of these messages of ours is about; others are left out."""
    if not wamids or not employee_id:
        return {}
    quoted = select(OutboxEntry).where(
        OutboxEntry.wamid.in_(wamids), OutboxEntry.conversation_id == conversation_id, OutboxEntry.kind.in_(SENT)
    )
    entries = list(session.scalars(quoted))
    theirs = _theirs(session, entries, employee_id)
    return {entry.wamid: str(theirs[entry.id].number) for entry in entries if entry.wamid and entry.id in theirs}


def newest_topic(session: Session, conversation_id: int, employee_id: str | None) -> Topic | None:
    """The employee's open request that the last thing we said is about; None when it was of something else."""
    if not employee_id:
        return None
    said = select(OutboxEntry).where(
        OutboxEntry.conversation_id == conversation_id, OutboxEntry.kind.in_(SENT), OutboxEntry.state != "dropped"
    )
    entry = session.scalars(said.order_by(OutboxEntry.id.desc()).limit(1)).first()
    row = _theirs(session, [entry], employee_id).get(entry.id) if entry else None
    if entry is None or row is None or row.status not in OPEN:
        return None
    event = session.get(RequestEvent, entry.part // PARTS) if entry.version == NEWS else None
    by_agent = event is not None and event.by == "agent" and (event.kind != "status" or event.status == "waiting")
    return Topic(number=str(row.number), category_id=row.category_id, asked=by_agent)


def awaited(session: Session, employee_id: str | None) -> tuple[str, ...]:
    """The employee's open requests in which an agent had the last word, newest first."""
    if not employee_id:
        return ()
    rows = session.scalars(
        select(RequestRow.number)
        .outerjoin(RequestEvent, RequestEvent.id == RequestRow.last_comment_id)
        .where(
            RequestRow.employee_id == employee_id,
            RequestRow.status.in_(OPEN),
            or_(RequestRow.status == "waiting", RequestEvent.by == "agent"),
        )
        .order_by(RequestRow.updated_at.desc())
        .limit(8)
    )
    return tuple(map(str, rows))


def _theirs(session: Session, entries: Iterable[OutboxEntry], employee_id: str) -> dict[int, RequestRow]:
    """By entry, the request it is about, if that is the employee's."""
    numbers: dict[int, int] = {}
    nonces: dict[int, str] = {}
    events: dict[int, int] = {}
    for entry in entries:
        if entry.version == NEWS:
            events[entry.id] = entry.part // PARTS
        elif named := NAMED.search(words(entry.body)):
            numbers[entry.id] = int(named[1])
        elif nonce := next(_confirmed(entry.body), ""):
            nonces[entry.id] = nonce
    if not (numbers or nonces or events):
        return {}
    of_events = select(RequestEvent.id, RequestEvent.number).where(RequestEvent.id.in_(events.values()))
    known = {event_id: number for event_id, number in session.execute(of_events)} if events else {}  # noqa: C416
    numbers |= {entry_id: known[event_id] for entry_id, event_id in events.items() if event_id in known}
    rows = session.scalars(
        select(RequestRow).where(
            RequestRow.employee_id == employee_id,
            or_(RequestRow.number.in_(numbers.values()), RequestRow.reference.in_(nonces.values())),
        )
    ).all()
    by_number, by_nonce = {row.number: row for row in rows}, {row.reference: row for row in rows}
    found = {entry_id: by_number.get(number) for entry_id, number in numbers.items()}
    found |= {entry_id: by_nonce.get(nonce) for entry_id, nonce in nonces.items()}
    return {entry_id: _where_it_went(session, row) for entry_id, row in found.items() if row is not None}


def _where_it_went(session: Session, row: RequestRow) -> RequestRow:
    """The request that this one was joined to, if that is the same person's."""
    into = session.get(RequestRow, row.merged_into) if row.merged_into is not None else None
    return into if into is not None and into.employee_id == row.employee_id else row


def _confirmed(message: dict[str, Any]) -> Iterator[str]:
    """The nonces that a summary's buttons would confirm."""
    action = message.get("interactive", {}).get("action", {})
    for button in action.get("buttons", ()):
        tap = read_tap(str(button.get("reply", {}).get("id", "")))
        if tap.verb == "confirm":
            yield tap.nonce
