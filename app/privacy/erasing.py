"""Erasing one person everywhere. What is counted stays without them: requests keep number, category, queue and times.

Files go first, then the rows in one transaction: a process that dies in between is run again and ends the same.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from sqlalchemy import ColumnElement, Select, delete, or_, select, update
from sqlalchemy.orm import Session

from app.audit.chain import acting, erase_details, note
from app.audit.models import AuditEntry
from app.container import House
from app.db.models import (
    AnswerRecord,
    ContactAlias,
    Conversation,
    DataWish,
    HandOffEvent,
    HandOffNote,
    InboxMessage,
    MediaFile,
    OutboxEntry,
    Turn,
)
from app.desk.history import Act, step
from app.desk.models import ERASED, AttachmentRow, OutageFollower, RequestEvent, RequestRow, RequestWords, StagedFile
from app.desk.transitions import OPEN
from app.identity.models import EmployeeRow, OneTimeCode, VerifiedSession, WrongCode
from app.knowledge.gap_models import GapDraft, GapProof, GapQuestion, GapRow
from app.privacy.models import NoticeShown
from app.privacy.person import Person, Talk
from app.privacy.raw import forget_raw

MEDIA = "media"  # below the data directory; its files begin with the conversation's number
LOG_TRIES = 20  # to empty the write-ahead log, which a reader may hold for a moment
LOG_PAUSE = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Order:
    """Who has somebody erased, and what the audit trail calls it. `directory`: their entry among employees too."""

    actor: str
    subject: str
    directory: bool = False


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased, as counts: the proof that stays."""

    conversations: int
    messages: int
    files: int
    requests: int
    answers: int
    directory: bool  # the entry in the list of employees too


async def erase(house: House, person: Person, order: Order) -> Erased:
    """Erase somebody; returns once nothing is left in the database's files either."""
    root = house.settings.data_dir
    paths = await house.database.read(lambda session: files_of(session, person))
    gone = await asyncio.to_thread(_unlink, root, paths, person)
    now = house.clock()
    erased = await house.database.write(lambda session: erase_rows(session, person, order, now, files=gone))
    await asyncio.to_thread(_unlink, root, paths, person)  # what was being fetched in that moment
    for _ in range(LOG_TRIES):
        if await house.database.empty_log(thorough=True):
            break
        await asyncio.sleep(LOG_PAUSE)
    return erased


def files_of(session: Session, person: Person) -> list[str]:
    """Paths below the data directory: what they sent, and what was sent to them."""
    found = set(session.scalars(select(AttachmentRow.path).where(AttachmentRow.number.in_(person.requests))))
    wamids = select(AttachmentRow.wamid).where(AttachmentRow.number.in_(person.requests))
    found |= set(session.scalars(select(MediaFile.path).where(MediaFile.wamid.in_(wamids))))
    for talk in person.talks:
        found |= set(session.scalars(select(MediaFile.path).where(MediaFile.wamid.in_(_wamids(talk)))))
    return sorted(path for path in found if path)


def erase_rows(session: Session, person: Person, order: Order, now: datetime, *, files: int) -> Erased:
    """Everything of theirs in the store, and what the audit trail said about it."""
    with acting(session, order.actor):
        return _erase_rows(session, person, order, now, files)


def _erase_rows(session: Session, person: Person, order: Order, now: datetime, files: int) -> Erased:
    _close_requests(session, person, now)
    messages = sum(forget_talk(session, talk, now) for talk in person.talks)
    answers = sum(_forget_answers(session, talk) for talk in person.talks)
    for number in person.requests:
        forget_request(session, number)
    if person.employee_id:
        _forget_employee(session, person, directory=order.directory)
    erased = Erased(len(person.talks), messages, files, len(person.requests), answers, order.directory)
    _forget_trail(session, person, now, order.subject)
    told = {name: getattr(erased, name) for name in Erased.__slots__}
    note(session, "privacy.erased", order.subject, now, **told)
    return erased


def forget_talk(session: Session, talk: Talk, now: datetime) -> int:
    """What was said in a conversation, as far as it is theirs; returns how many messages that were."""
    forget_raw(session, session.get_one(Conversation, talk.id), list(session.scalars(_wamids(talk))))
    session.execute(delete(MediaFile).where(MediaFile.wamid.in_(_wamids(talk))))
    count = 0
    for table, at in ((InboxMessage, InboxMessage.received_at), (OutboxEntry, OutboxEntry.created_at)):
        mine = delete(table).where(table.conversation_id == talk.id, talk.during(at))
        count += session.connection().execute(mine).rowcount
    steps = update(HandOffEvent).where(HandOffEvent.conversation_id == talk.id, talk.during(HandOffEvent.at))
    session.execute(steps.values(text=""))
    session.execute(steps.where(HandOffEvent.staff_id.is_(None)).values(author=""))
    session.execute(delete(Turn).where(Turn.conversation_id == talk.id, talk.during(Turn.at)))
    notes = update(HandOffNote).where(HandOffNote.conversation_id == talk.id, talk.during(HandOffNote.at))
    session.execute(notes.values(summary=""))
    if talk.is_theirs:
        session.execute(notes.where(HandOffNote.ended_at.is_(None)).values(ended_at=now))
        _forget_contact(session, talk.id)
    return count


def forget_request(session: Session, number: int) -> None:
    """A request without anybody's words: it stays to be counted."""
    for table in (AttachmentRow, RequestWords):
        session.execute(delete(table).where(table.number == number))
    events = update(RequestEvent).where(RequestEvent.number == number)
    session.execute(events.values(text="", tell=False))
    session.execute(events.where(RequestEvent.by == "employee").values(author=""))
    row = session.get_one(RequestRow, number)
    row.employee_id, row.conversation_id = ERASED, None
    row.title = row.description = row.rating_comment = row.location = ""
    row.unanswered_since = None
    row.fields, row.evidence = {}, {}
    session.flush()


def _close_requests(session: Session, person: Person, now: datetime) -> None:
    """Nobody waits for an answer any more; an agent who comes later reads why."""
    for row in session.scalars(select(RequestRow).where(RequestRow.number.in_(person.requests))):
        if row.status in OPEN:
            step(session, row, "cancelled", Act("system", "", now))
    session.flush()


def _forget_contact(session: Session, conversation_id: int) -> None:
    """The number leads here no more: whoever writes from it begins as a stranger. A turn under way is not kept."""
    session.execute(delete(ContactAlias).where(ContactAlias.conversation_id == conversation_id))
    for table in (OneTimeCode, WrongCode, VerifiedSession):
        session.execute(delete(table).where(table.conversation_id == str(conversation_id)))
    row = session.get_one(Conversation, conversation_id)
    row.bsuid = row.wa_id = row.profile_name = ""
    row.checkpoint, row.handed_over, row.last_inbound_at, row.version = None, False, None, row.version + 1
    session.flush()


def _forget_answers(session: Session, talk: Talk) -> int:
    """Their questions, and the name of a gap that was made of their words."""
    mine = select(AnswerRecord.id).where(AnswerRecord.conversation_id == talk.id, talk.during(AnswerRecord.at))
    ids = list(session.scalars(mine))
    gaps = set(session.scalars(select(GapQuestion.gap_id).where(GapQuestion.record_id.in_(ids))))
    for table in (GapQuestion, GapProof):
        session.execute(delete(table).where(table.record_id.in_(ids)))
    session.execute(delete(AnswerRecord).where(AnswerRecord.id.in_(ids)))
    left = set(session.scalars(select(GapQuestion.gap_id).where(GapQuestion.gap_id.in_(gaps))))
    kept = left | set(session.scalars(select(GapDraft.gap_id).where(GapDraft.gap_id.in_(gaps))))
    session.execute(delete(GapProof).where(GapProof.gap_id.in_(gaps - kept)))
    session.execute(delete(GapRow).where(GapRow.id.in_(gaps - kept)))
    renamed = update(GapRow).where(GapRow.id.in_(kept))
    session.execute(renamed.values(name=GapRow.article_title))  # until the next look gives it its words
    return len(ids)


def _forget_employee(session: Session, person: Person, *, directory: bool) -> None:
    """What hangs on the employee wherever they wrote; with `directory` their entry too."""
    mine = person.employee_id
    for table in (OneTimeCode, VerifiedSession):
        session.execute(delete(table).where(table.employee_id == mine))
    for kept in (DataWish, NoticeShown):
        session.execute(update(kept).where(kept.employee_id == mine).values(employee_id=ERASED))
    for outage_id in list(session.scalars(select(OutageFollower.outage_id).where(OutageFollower.employee_id == mine))):
        one = update(OutageFollower).where(OutageFollower.outage_id == outage_id, OutageFollower.employee_id == mine)
        session.execute(one.values(employee_id=f"{ERASED}-{token_hex(8)}"))
    if directory:
        session.execute(delete(EmployeeRow).where(EmployeeRow.id == mine))
        if person.email:
            session.execute(delete(StagedFile).where(StagedFile.text.contains(person.email, autoescape=True)))


def _forget_trail(session: Session, person: Person, now: datetime, subject: str) -> None:
    """The details of what the audit trail has about them; who did what and when stays."""
    subjects = [f"request {number}" for number in person.requests]
    subjects += [f"conversation {number}" for number in person.conversations]
    wishes = select(DataWish.id).where(DataWish.conversation_id.in_(person.conversations))
    subjects += [f"wish {number}" for number in session.scalars(wishes)]
    about: list[ColumnElement[bool]] = [AuditEntry.subject.in_(subjects)]
    if person.employee_id:
        about.append(AuditEntry.details.contains(f'"employee": "{person.employee_id}"', autoescape=True))
    mine = select(AuditEntry.id).where(or_(*about), AuditEntry.details.is_not(None))
    erase_details(session, list(session.scalars(mine.order_by(AuditEntry.id))), now, subject=subject)


def _wamids(talk: Talk) -> Select[str]:
    return select(InboxMessage.wamid).where(
        InboxMessage.conversation_id == talk.id, talk.during(InboxMessage.received_at)
    )


def _unlink(root: Path, paths: Sequence[str], person: Person) -> int:
    """Remove the files; those of a whole conversation by their names too, should a row be missing."""
    found = {root / path for path in paths}
    for talk in person.talks:
        if talk.is_whole:
            found |= set((root / MEDIA).glob(f"{talk.id}-*"))
    inside = [path for path in found if path.resolve().is_relative_to(root.resolve()) and path.is_file()]
    for path in inside:
        path.unlink(missing_ok=True)
    return len(inside)
