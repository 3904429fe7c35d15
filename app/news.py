"""Carries what happened at the desk to the employees it concerns, and tells what their answers to it are about."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Conversation, OutboxEntry
from app.desk.history import take_news
from app.desk.models import RequestEvent, RequestRow
from app.desk.transitions import OPEN
from app.identity.models import VerifiedSession
from app.outbox import Slot, put
from app.whatsapp.outbound import render
from graph.announce import request_changed
from prompts.texts import known_language
from tools.service_desk import Change

NEWS = -1  # version of outbox entries that the desk wanted, not a turn
PARTS = 100  # of one change at most, in the numbering of those entries
STILL_THEIRS = ("", "idle", "age")  # ends of a session that do not say that the phone is somebody else's


def carry(session: Session, now: datetime) -> int:
    """Put everything new into the outbox, once; returns how many changes there were."""
    news = take_news(session, now)
    for change in news:
        _tell(session, change, now)
    return len(news)


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
    conversation = conversation_of(session, change.employee_id)
    if conversation is None:
        return
    replies = request_changed(change, known_language(conversation.language))
    messages = [message for reply in replies for message in render(reply)]
    for part, message in enumerate(messages[:PARTS]):
        slot = Slot(conversation.id, NEWS, int(change.cursor) * PARTS + part)
        put(session, slot, "message", message, now=now)


def conversation_of(session: Session, employee_id: str) -> Conversation | None:
    """Where they proved themselves last, if that phone still is the one they proved it from."""
    latest = session.scalars(
        select(VerifiedSession)
        .where(VerifiedSession.employee_id == employee_id, VerifiedSession.ended_because.in_(STILL_THEIRS))
        .order_by(VerifiedSession.id.desc())
        .limit(1)
    ).first()
    if latest is None:
        return None
    conversation = session.get(Conversation, int(latest.conversation_id))
    return conversation if conversation is not None and conversation.bound_to == latest.bound_to else None
