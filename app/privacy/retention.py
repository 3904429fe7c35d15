"""What is too old goes: a piece at a time, so that no turn waits for it, and each piece counted in the audit trail.

Each function forgets at most `PIECE` of its kind in one transaction and says how many; the sweeper calls it until
there is nothing left. A process that dies in between goes on at the next start: what is too old is still too old.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement, Delete, Select, String, cast, delete, exists, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.audit.chain import note
from app.db.models import (
    AnswerRecord,
    ContactAlias,
    Conversation,
    DataWish,
    HandOffEvent,
    HandOffNote,
    InboxMessage,
    MediaFile,
    Notice,
    OutboxEntry,
    Turn,
)
from app.desk.models import ERASED, AttachmentRow, RequestRow
from app.desk.transitions import ENDED, OPEN
from app.identity.models import VerifiedSession
from app.knowledge.gap_models import GapProof, GapQuestion
from app.outbox import TROUBLED, UNSETTLED
from app.privacy.erasing import forget_request
from app.privacy.wishes import WAITING
from app.settings import RetentionSettings
from app.staff.models import StaffAttempt, StaffSession
from app.thinking.models import ModelCallRow

PIECE = 500  # rows of one transaction: some 20 ms
Forget = Callable[[Session, datetime], int]


def forget_messages(session: Session, before: datetime) -> int:
    """What was said, both ways, and the summary that headed it for a person."""
    heard = select(InboxMessage.seq).where(InboxMessage.received_at < before, InboxMessage.state != "new")
    without_file = heard.where(~exists().where(MediaFile.wamid == InboxMessage.wamid))
    said = select(OutboxEntry.id).where(
        OutboxEntry.created_at < before, OutboxEntry.state.not_in((*UNSETTLED, *TROUBLED))
    )
    count = _delete(session, delete(InboxMessage), InboxMessage.seq, without_file)
    count += _delete(session, delete(OutboxEntry), OutboxEntry.id, said)
    spoken = select(HandOffEvent.id).where(HandOffEvent.at < before, HandOffEvent.text != "")
    words = list(session.scalars(spoken.limit(PIECE)))
    session.execute(update(HandOffEvent).where(HandOffEvent.id.in_(words)).values(text=""))
    count += len(words)
    old = select(HandOffNote.id).where(
        HandOffNote.at < before, HandOffNote.summary != "", ~HandOffNote.ended_at.is_(None)
    )
    ids = list(session.scalars(old.limit(PIECE)))
    session.execute(update(HandOffNote).where(HandOffNote.id.in_(ids)).values(summary=""))
    return count + len(ids)


def forget_contacts(session: Session, before: datetime) -> int:
    """Who has been silent for so long and waits for nothing is a stranger again: number, name, dialogue."""
    open_one = exists().where(RequestRow.conversation_id == _as_text(Conversation.id), RequestRow.status.in_(OPEN))
    said = exists().where(InboxMessage.conversation_id == Conversation.id)
    wish = exists().where(DataWish.conversation_id == Conversation.id, DataWish.state.in_(WAITING))
    known = or_(Conversation.wa_id != "", Conversation.bsuid != "", Conversation.checkpoint.is_not(None))
    silent = or_(
        Conversation.last_inbound_at < before,
        Conversation.last_inbound_at.is_(None) & (Conversation.created_at < before),
    )
    old = select(Conversation.id).where(known, silent, ~open_one, ~said, ~wish, ~Conversation.handed_over)
    ids = list(session.scalars(old.limit(PIECE)))
    session.execute(delete(ContactAlias).where(ContactAlias.conversation_id.in_(ids)))
    session.execute(delete(VerifiedSession).where(VerifiedSession.conversation_id.in_(map(str, ids))))
    empty = {"bsuid": "", "wa_id": "", "profile_name": "", "checkpoint": None, "last_inbound_at": None}
    session.execute(
        update(Conversation).where(Conversation.id.in_(ids)).values(**empty, version=Conversation.version + 1)
    )
    return len(ids)


def old_media(session: Session, before: datetime) -> list[tuple[str, str]]:
    """Wamid and path of files whose message is too old, unless they belong to a request that keeps its words."""
    kept = select(AttachmentRow.wamid).join(RequestRow, RequestRow.number == AttachmentRow.number)
    kept = kept.where(RequestRow.employee_id != ERASED, AttachmentRow.wamid != "")
    old = (
        select(MediaFile.wamid, MediaFile.path)
        .join(InboxMessage, InboxMessage.wamid == MediaFile.wamid)
        .where(InboxMessage.received_at < before, MediaFile.state != "waiting", MediaFile.wamid.not_in(kept))
    )
    return [(wamid, path) for wamid, path in session.execute(old.limit(PIECE))]


def forget_media(session: Session, wamids: list[str], now: datetime) -> None:
    """Their files are gone: the rows too."""
    session.execute(delete(MediaFile).where(MediaFile.wamid.in_(wamids)))
    note(session, "privacy.swept", "media", now, count=len(wamids))


def unlink_below(root: Path, paths: list[str]) -> None:
    """Remove files below the data directory; one that is gone already is fine. Blocks for the disk."""
    for path in (root / path for path in paths if path):
        if path.resolve().is_relative_to(root.resolve()):
            path.unlink(missing_ok=True)


def old_requests(session: Session, before: datetime) -> list[tuple[int, list[str]]]:
    """Requests that ended so long ago, with the paths of their own files."""
    old = select(RequestRow.number).where(
        RequestRow.status.in_(ENDED), RequestRow.updated_at < before, RequestRow.employee_id != ERASED
    )
    numbers = list(session.scalars(old.order_by(RequestRow.number).limit(PIECE)))
    paths: dict[int, list[str]] = {number: [] for number in numbers}
    files = select(AttachmentRow.number, AttachmentRow.path).where(AttachmentRow.number.in_(numbers))
    for number, path in session.execute(files):
        paths[number].append(path)
    return list(paths.items())


def forget_requests(session: Session, numbers: list[int], now: datetime) -> None:
    """Nobody's words any more, and nobody's name; they stay to be counted."""
    for number in numbers:
        forget_request(session, number)
    note(session, "privacy.swept", "requests", now, count=len(numbers))


def forget_answers(session: Session, before: datetime) -> int:
    """Questions, with their places in gaps."""
    ids = list(session.scalars(select(AnswerRecord.id).where(AnswerRecord.at < before).limit(PIECE)))
    for table in (GapQuestion, GapProof):
        session.execute(delete(table).where(table.record_id.in_(ids)))
    session.execute(delete(AnswerRecord).where(AnswerRecord.id.in_(ids)))
    return len(ids)


def forget_turns(session: Session, before: datetime) -> int:
    """How turns went; their key is of two parts, so they go by time."""
    newest = list(session.scalars(select(Turn.at).where(Turn.at < before).order_by(Turn.at).limit(PIECE)))
    if not newest:
        return 0
    return session.connection().execute(delete(Turn).where(Turn.at <= newest[-1])).rowcount


def forget_model_calls(session: Session, before: datetime) -> int:
    """What calls cost."""
    return _delete(
        session, delete(ModelCallRow), ModelCallRow.id, select(ModelCallRow.id).where(ModelCallRow.at < before)
    )


def forget_notices(session: Session, before: datetime) -> int:
    """What Meta told, as it came."""
    return _delete(session, delete(Notice), Notice.id, select(Notice.id).where(Notice.at < before))


def forget_sessions(session: Session, before: datetime) -> int:
    """Ended sessions, but for the last proof of who has a request open: news of it go where that was given."""
    waits = exists().where(RequestRow.employee_id == VerifiedSession.employee_id, RequestRow.status.in_(OPEN))
    old = select(VerifiedSession.id).where(VerifiedSession.ended_at < before, ~waits)
    count = _delete(session, delete(VerifiedSession), VerifiedSession.id, old)
    staff = select(StaffSession.id).where(StaffSession.ended_at < before)
    count += _delete(session, delete(StaffSession), StaffSession.id, staff)
    tries = select(StaffAttempt.id).where(StaffAttempt.at < before)
    return count + _delete(session, delete(StaffAttempt), StaffAttempt.id, tries)


def forget_wishes(session: Session, before: datetime) -> int:
    """Answered wishes: by then nobody asks for the proof."""
    old = select(DataWish.id).where(DataWish.ended_at < before)
    return _delete(session, delete(DataWish), DataWish.id, old)


# In this order: a contact is forgotten once their messages are. Media and requests have files, see `keeper`.
CLOCKS: Mapping[str, tuple[str, Forget]] = {
    "messages": ("messages", forget_messages),
    "contacts": ("messages", forget_contacts),
    "answers": ("answers", forget_answers),
    "turns": ("turns", forget_turns),
    "model_calls": ("model_calls", forget_model_calls),
    "notices": ("notices", forget_notices),
    "sessions": ("sessions", forget_sessions),
    "wishes": ("wishes", forget_wishes),
}


def cutoff(rules: RetentionSettings, clock: str, now: datetime) -> datetime | None:
    """Before when it is too old; None = kept for ever."""
    days: int = getattr(rules, clock)
    return now - timedelta(days=days) if days else None


def forget_piece(session: Session, kind: str, before: datetime, now: datetime) -> int:
    """One piece of a kind, counted in the audit trail."""
    count = CLOCKS[kind][1](session, before)
    if count:
        note(session, "privacy.swept", kind, now, count=count)
    return count


def _delete(session: Session, statement: Delete, key: InstrumentedAttribute[int], old: Select[int]) -> int:
    """Delete the first piece of what `old` selects."""
    ids = list(session.scalars(old.limit(PIECE)))
    session.execute(statement.where(key.in_(ids)))
    return len(ids)


def _as_text(column: InstrumentedAttribute[int]) -> ColumnElement[str]:
    return cast(column, String)
