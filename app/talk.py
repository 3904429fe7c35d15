"""One conversation from its first word on, as staff read it: who said what when, with which file, and did it arrive."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Conversation, HandOffEvent, HandOffNote, InboxMessage, MediaFile, OutboxEntry
from app.handovers import HANDED_OVER, PARTS
from app.identity.models import VerifiedSession
from app.transcript import words
from app.uploads import PICTURES

WORST_FIRST = ("failed", "dead", "dropped", "held", "new", "sending", "sent", "delivered", "read")
SENT = ("message", "file")  # kinds of outbox entries that the employee sees
LOOKED_AT = 40  # newest messages of ours whose fate an open page follows

Side = Literal["employee", "bot", "agent", "event"]


@dataclass(frozen=True, slots=True)
class File:
    """A file of theirs; `seq` is its message's. `state`: waiting, stored, failed."""

    seq: int
    name: str
    media_type: str
    is_picture: bool
    state: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A bubble; of side "event", a line between them. `kind` is a message's or a step's.

    `state` and `error` are the outbox's, of what we sent.
    """

    side: Side
    key: str
    at: datetime
    kind: str
    text: str = ""
    author: str = ""
    choices: tuple[str, ...] = ()
    file: File | None = None
    state: str = ""
    error: str = ""


def talk_of(session: Session, conversation_id: int, *, most: int) -> tuple[list[Spoken], bool]:
    """The last `most` lines, oldest first, and whether there are older ones."""
    steps = _steps(session, conversation_id, most + 1)
    written = {step.id for step in steps if step.kind == "word"}
    parts: dict[int, list[OutboxEntry]] = {}
    lines = _heard(session, conversation_id, most + 1)
    for entry in _sent(session, conversation_id, most + 1):
        event_id = entry.part // PARTS if entry.version == HANDED_OVER else 0
        if event_id in written:
            parts.setdefault(event_id, []).append(entry)
        else:
            lines.append(_ours(entry))
    lines += [_step(step, parts.get(step.id, ())) for step in steps]
    lines.sort(key=lambda line: (line.at, line.side != "employee", line.side != "event", line.key))
    return lines[-most:], len(lines) > most


def mark_of(session: Session, conversation_id: int) -> str:
    """Another one whenever something of the conversation has changed, for pages that are open."""
    heard = select(InboxMessage.seq, InboxMessage.state).where(InboxMessage.conversation_id == conversation_id)
    sent = select(OutboxEntry.id, OutboxEntry.state).where(OutboxEntry.conversation_id == conversation_id)
    note = select(
        HandOffNote.id, HandOffNote.taken_by, HandOffNote.ended_at, HandOffNote.told_at, HandOffNote.silence_told_at
    ).where(HandOffNote.conversation_id == conversation_id)
    step = select(HandOffEvent.id).where(HandOffEvent.conversation_id == conversation_id)
    proof = select(VerifiedSession.id, VerifiedSession.ended_at).where(
        VerifiedSession.conversation_id == str(conversation_id)
    )
    seen = (
        session.execute(heard.order_by(InboxMessage.seq.desc()).limit(1)).all(),
        session.execute(sent.order_by(OutboxEntry.id.desc()).limit(LOOKED_AT)).all(),
        session.execute(note.order_by(HandOffNote.id.desc()).limit(1)).all(),
        session.execute(step.order_by(HandOffEvent.id.desc()).limit(1)).all(),
        session.execute(proof.order_by(VerifiedSession.id.desc()).limit(1)).all(),
        session.scalars(select(MediaFile.state).filter_by(conversation_id=conversation_id).order_by("wamid")).all(),
        session.scalar(select(Conversation.last_inbound_at).filter_by(id=conversation_id)),
    )
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]


def file_in(session: Session, conversation_id: int, seq: int) -> MediaFile | None:
    """A stored file of this conversation; None for another's."""
    message = session.get(InboxMessage, seq)
    if message is None or message.conversation_id != conversation_id:
        return None
    file = session.get(MediaFile, message.wamid)
    return file if file is not None and file.state == "stored" else None


def _heard(session: Session, conversation_id: int, most: int) -> list[Spoken]:
    mine = select(InboxMessage, MediaFile).outerjoin(MediaFile, MediaFile.wamid == InboxMessage.wamid)
    mine = mine.where(InboxMessage.conversation_id == conversation_id).order_by(InboxMessage.seq.desc()).limit(most)
    return [_theirs(message, file) for message, file in session.execute(mine)]


def _theirs(message: InboxMessage, media: MediaFile | None) -> Spoken:
    body = message.body
    return Spoken(
        side="employee",
        key=f"i{message.seq:012}",
        at=message.received_at,
        kind=str(body.get("kind", "text")),
        text=str(body.get("text", "")),
        file=_file(message, media) if media is not None else None,
    )


def _file(message: InboxMessage, media: MediaFile) -> File:
    media_type = media.mime_type.partition(";")[0].strip().lower()
    return File(message.seq, media.name, media_type, media_type in PICTURES, media.state)


def _sent(session: Session, conversation_id: int, most: int) -> Sequence[OutboxEntry]:
    mine = select(OutboxEntry).where(OutboxEntry.conversation_id == conversation_id, OutboxEntry.kind.in_(SENT))
    return session.scalars(mine.order_by(OutboxEntry.id.desc()).limit(most)).all()


def _ours(entry: OutboxEntry) -> Spoken:
    return Spoken(
        side="bot",
        key=f"o{entry.id:012}",
        at=entry.created_at,
        kind="document" if entry.kind == "file" else str(entry.body.get("type", "text")),
        text=words(entry.body),
        choices=tuple(_choices(entry.body)),
        state=entry.state,
        error=entry.error,
    )


def _choices(message: dict[str, Any]) -> Iterable[str]:
    """The titles of buttons, rows, or the one link that came with it."""
    action = message.get("interactive", {}).get("action", {})
    yield from (str(button.get("reply", {}).get("title", "")) for button in action.get("buttons", ()))
    for section in action.get("sections", ()):
        yield from (str(row.get("title", "")) for row in section.get("rows", ()))
    if "parameters" in action:
        yield str(action["parameters"].get("display_text", ""))


def _steps(session: Session, conversation_id: int, most: int) -> Sequence[HandOffEvent]:
    mine = select(HandOffEvent).where(HandOffEvent.conversation_id == conversation_id)
    return session.scalars(mine.order_by(HandOffEvent.id.desc()).limit(most)).all()


def _step(step: HandOffEvent, parts: Sequence[OutboxEntry]) -> Spoken:
    """An agent's words with what became of them as a whole: as their worst part fared."""
    worst = min(parts, key=lambda part: WORST_FIRST.index(part.state), default=None)
    return Spoken(
        side="agent" if step.kind == "word" else "event",
        key=f"e{step.id:012}",
        at=step.at,
        kind=step.kind,
        text=step.text,
        author=step.author,
        state=worst.state if worst else "",
        error=worst.error if worst else "",
    )
