"""What did not go out and what could not be thought about: to be seen, replayed or dropped by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db.models import Conversation, HandOffNote, InboxMessage, MediaFile, OutboxEntry
from app.errors import RecadoError
from app.transcript import words
from app.wakeups import mailbox_key, wake

TROUBLED = ("held", "failed", "dead")
GAVE_UP = "tool_failed"  # reason of the hand-off of a parked message
LONGEST_SHOWN = 200  # letters of a message in a list


class NotReplayableError(RecadoError):
    """It cannot be replayed or dropped; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Letter:
    """An outbox entry or a parked message as a list shows it."""

    id: int
    kind: str
    state: str
    conversation_id: int
    contact: str
    tries: int
    error: str
    words: str
    at: datetime


def troubled(session: Session, states: Sequence[str] = TROUBLED, *, limit: int = 100) -> list[Letter]:
    """Outbox entries in these states, oldest first."""
    rows = session.execute(
        select(OutboxEntry, Conversation)
        .join(Conversation, Conversation.id == OutboxEntry.conversation_id)
        .where(OutboxEntry.state.in_(states))
        .order_by(OutboxEntry.id)
        .limit(limit)
    )
    return [_letter(entry, contact) for entry, contact in rows.all()]


def of_ids(session: Session, ids: Sequence[int]) -> list[Letter]:
    """Outbox entries of these ids, oldest first."""
    rows = session.execute(
        select(OutboxEntry, Conversation)
        .join(Conversation, Conversation.id == OutboxEntry.conversation_id)
        .where(OutboxEntry.id.in_(ids))
        .order_by(OutboxEntry.id)
    )
    return [_letter(entry, contact) for entry, contact in rows.all()]


def _letter(entry: OutboxEntry, contact: Conversation) -> Letter:
    said = words(entry.body) if entry.kind == "message" else ""
    return Letter(
        id=entry.id,
        kind=entry.kind,
        state=entry.state,
        conversation_id=contact.id,
        contact=contact.wa_id or contact.bsuid,
        tries=entry.tries,
        error=entry.error,
        words=said[:LONGEST_SHOWN],
        at=entry.created_at,
    )


def facts(session: Session, entry_id: int) -> dict[str, Any]:
    """All of one entry."""
    entry = _entry(session, entry_id)
    return {column.key: getattr(entry, column.key) for column in OutboxEntry.__table__.columns}


def replay(session: Session, entry_id: int) -> None:
    """Send an entry again from the beginning.

    A dead one whose answer was lost may have arrived: that is counted in `resends`.
    """
    entry = _troubled(session, entry_id)
    if entry.kind == "mail":
        raise NotReplayableError(f"Entry {entry_id}: a code is not kept; the employee asks for a new one.")
    if entry.kind == "fetch":
        session.get_one(MediaFile, entry.body["wamid"]).state = "waiting"
    entry.resends += entry.state == "dead" and entry.resends > 0
    entry.state, entry.tries, entry.error = "new", 0, ""
    entry.not_before, entry.lease_until = None, None
    wake(session, entry.lane)


def drop(session: Session, entry_id: int) -> None:
    """It shall not be sent any more; it stays in the table as `dropped`."""
    _troubled(session, entry_id).state = "dropped"


def _troubled(session: Session, entry_id: int) -> OutboxEntry:
    entry = _entry(session, entry_id, locked=True)
    if entry.state not in TROUBLED:
        raise NotReplayableError(f"Entry {entry_id} is {entry.state}: only {', '.join(TROUBLED)} ones can be changed.")
    return entry


def _entry(session: Session, entry_id: int, *, locked: bool = False) -> OutboxEntry:
    entry = session.get(OutboxEntry, entry_id, with_for_update=locked or None)
    if entry is None:
        raise NotReplayableError(f"There is no outbox entry {entry_id}.")
    return entry


def parked(session: Session, *, limit: int = 100) -> list[Letter]:
    """Messages that no turn could think about, oldest first."""
    rows = session.execute(
        select(InboxMessage, Conversation)
        .join(Conversation, Conversation.id == InboxMessage.conversation_id)
        .where(InboxMessage.state == "dead")
        .order_by(InboxMessage.seq)
        .limit(limit)
    )
    return [
        Letter(
            id=message.seq,
            kind=str(message.body.get("kind", "")),
            state=message.state,
            conversation_id=contact.id,
            contact=contact.wa_id or contact.bsuid,
            tries=message.tries,
            error="",
            words=str(message.body.get("text", ""))[:LONGEST_SHOWN],
            at=message.received_at,
        )
        for message, contact in rows.all()
    ]


def replay_parked(session: Session, seq: int, now: datetime) -> None:
    """Think about a parked message again.

    Nothing of it has happened: a turn that fails leaves no effect. The conversation comes back from the person it was
    given to for this failure; if somebody asked for a person besides, it stays there and the message too.
    """
    message = session.get(InboxMessage, seq, with_for_update=True)
    if message is None or message.state != "dead":
        raise NotReplayableError(
            f"Message {seq} is {message.state if message else 'not there'}: only dead ones replay."
        )
    conversation = session.get_one(Conversation, message.conversation_id)
    open_notes = (HandOffNote.conversation_id == conversation.id, HandOffNote.ended_at.is_(None))
    reasons = set(session.scalars(select(HandOffNote.reason).where(*open_notes)))
    if conversation.handed_over and reasons != {GAVE_UP}:
        raise NotReplayableError(f"Message {seq}: a person has conversation {conversation.id}; it stays with them.")
    conversation.handed_over = False
    session.execute(update(HandOffNote).where(*open_notes, HandOffNote.reason == GAVE_UP).values(ended_at=now))
    message.state, message.tries, message.version = "new", 0, None
    wake(session, mailbox_key(conversation.id))
