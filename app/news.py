"""Carries what happened at the desk to the employees it concerns, and tells what their answers to it are about."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import OutboxEntry
from app.desk.history import take_news
from app.desk.models import AttachmentRow, RequestEvent, RequestRow
from app.desk.outages import take_followers
from app.desk.transitions import OPEN
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


def about(session: Session, conversation_id: int, wamids: Collection[str]) -> dict[str, str]:
    """The number of the open request that each of these messages brought news of; others are left out."""
    if not wamids:
        return {}
    sent = select(OutboxEntry.part, OutboxEntry.wamid).where(
        OutboxEntry.wamid.in_(wamids), OutboxEntry.conversation_id == conversation_id, OutboxEntry.version == NEWS
    )
    events = {wamid: part // PARTS for part, wamid in session.execute(sent) if wamid}
    requests = (
        select(RequestEvent.id, func.coalesce(RequestRow.merged_into, RequestRow.number))
        .join(RequestRow, RequestRow.number == RequestEvent.number)
        .where(RequestEvent.id.in_(events.values()))
        .where(RequestRow.status.in_(OPEN) | RequestRow.merged_into.is_not(None))
    )
    numbers = {event: str(number) for event, number in session.execute(requests)}
    return {wamid: numbers[event] for wamid, event in events.items() if event in numbers}


def _tell(session: Session, change: Change, now: datetime) -> None:
    """The words first, then the files that came with them."""
    conversation = phone_of(session, change.employee_id).conversation
    if conversation is None:
        return
    replies = request_changed(change, known_language(conversation.language))
    bodies = [("message", message) for reply in replies for message in render(reply)]
    bodies += [("file", {"attachment": file_id}) for file_id in _files(session, int(change.cursor))]
    for part, (kind, body) in enumerate(bodies[:PARTS]):
        slot = Slot(conversation.id, NEWS, int(change.cursor) * PARTS + part)
        put(session, slot, kind, body, now=now)


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
