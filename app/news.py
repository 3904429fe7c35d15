"""Carries what happened at the desk to the employees it concerns."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import OutboxEntry
from app.desk.history import take_news
from app.desk.models import AttachmentRow, RequestEvent
from app.desk.outages import take_followers
from app.identity.models import EmployeeRow
from app.outbox import Slot, put
from app.ways import phone_of
from app.whatsapp.outbound import render
from graph.announce import outage_over, request_changed
from prompts.texts import known_language
from tools.service_desk import Change, Outage

NEWS = -1  # version of outbox entries that the desk wanted, not a turn
OUTAGES = -4  # of entries that tell of an outage's end
PARTS = 100  # of one change at most, in the numbering of those entries


def carry(session: Session, now: datetime) -> int:
    """Put everything new into the outbox, once; returns how many changes there were."""
    news = take_news(session, now)
    for change in news:
        _tell(session, change, now)
    over = take_followers(session, now)
    for employee_id, outage in over:
        _tell_over(session, employee_id, outage, now)
    return len(news) + len(over)


def _tell(session: Session, change: Change, now: datetime) -> None:
    """The words first, then the files that came with them."""
    conversation = phone_of(session, change.employee_id).conversation
    if conversation is None or _is_muted(session, change):
        return
    replies = request_changed(change, known_language(conversation.language))
    bodies = [("message", message) for reply in replies for message in render(reply)]
    bodies += [("file", {"attachment": file_id}) for file_id in _files(session, int(change.cursor))]
    for part, (kind, body) in enumerate(bodies[:PARTS]):
        slot = Slot(conversation.id, NEWS, int(change.cursor) * PARTS + part)
        put(session, slot, kind, body, now=now)


def _is_muted(session: Session, change: Change) -> bool:
    """A mere notice of a status, for somebody who wants none: it is marked as nothing to tell."""
    employee = session.get(EmployeeRow, change.employee_id)
    muted = employee is not None and employee.notices_off and change.kind == "status" and not change.text.strip()
    if muted:
        session.get_one(RequestEvent, int(change.cursor)).tell = False
    return muted


def _files(session: Session, event_id: int) -> list[int]:
    """What staff sent along; what the requester sent they have already."""
    of_staff = (AttachmentRow.event_id == event_id, AttachmentRow.path != "")
    return list(session.scalars(select(AttachmentRow.id).where(*of_staff).order_by(AttachmentRow.id)))


def _tell_over(session: Session, employee_id: str, outage: Outage, now: datetime) -> None:
    conversation = phone_of(session, employee_id).conversation
    if conversation is None:
        return
    mine = (OutboxEntry.conversation_id == conversation.id, OutboxEntry.version == OUTAGES)
    newest = session.scalar(select(func.max(OutboxEntry.part)).where(*mine))
    first = 0 if newest is None else newest + 1
    messages = [m for reply in outage_over(outage, known_language(conversation.language)) for m in render(reply)]
    for part, message in enumerate(messages, start=first):
        put(session, Slot(conversation.id, OUTAGES, part), "message", message, now=now)
