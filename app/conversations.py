"""Conversations that a person has or waits for, as the list tells them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Conversation, HandOffNote
from app.handovers import open_note
from app.identity.models import EmployeeRow, VerifiedSession
from app.identity.sessions import current_session
from app.patience import is_silent, unanswered_since
from app.settings import Settings
from app.staff.models import StaffRow
from tools.service_desk import Employee

RECENT = 60  # hand-offs that have ended, in the list


@dataclass(frozen=True, slots=True)
class HandOff:
    """One line of the list. `since`: they wait for a word since then, None = the last one is an agent's."""

    id: int
    conversation_id: int
    reason: str
    summary: str
    at: datetime
    ended_at: datetime | None
    language: str
    contact: str  # what WhatsApp calls them
    phone: str
    employee: str  # as whom they proved themselves last; "" = never
    taken_by: int | None
    holder: str
    since: datetime | None
    is_silent: bool
    told_at: datetime | None


def hand_offs(session: Session, settings: Settings, now: datetime, *, ended: bool = False) -> list[HandOff]:
    """Those that go on: nobody's first, then whoever waits longest; or the last ones that have ended."""
    wanted = (
        select(HandOffNote, Conversation, StaffRow.name)
        .join(Conversation, Conversation.id == HandOffNote.conversation_id)
        .outerjoin(StaffRow, StaffRow.id == HandOffNote.taken_by)
    )
    if ended:
        rows = session.execute(
            wanted.where(HandOffNote.ended_at.is_not(None)).order_by(HandOffNote.ended_at.desc()).limit(RECENT)
        ).all()
    else:
        rows = session.execute(wanted.where(HandOffNote.ended_at.is_(None))).all()
    names = _proven(session, [contact.id for _, contact, _ in rows])
    found = [
        _hand_off(session, note, contact, holder or "", names.get(contact.id, ""), settings, now)
        for note, contact, holder in rows
    ]
    return found if ended else sorted(found, key=_urgency)


def last_hand_off(session: Session, conversation_id: int, settings: Settings, now: datetime) -> HandOff | None:
    """The one that goes on, or the last there was; None for a conversation that no person ever had."""
    note = (
        open_note(session, conversation_id)
        or session.scalars(
            select(HandOffNote)
            .where(HandOffNote.conversation_id == conversation_id)
            .order_by(HandOffNote.id.desc())
            .limit(1)
        ).first()
    )
    if note is None:
        return None
    contact = session.get_one(Conversation, conversation_id)
    holder = session.get(StaffRow, note.taken_by) if note.taken_by is not None else None
    name = _proven(session, [conversation_id]).get(conversation_id, "")
    return _hand_off(session, note, contact, holder.name if holder else "", name, settings, now)


def person_in(session: Session, conversation_id: int, settings: Settings, now: datetime) -> Employee | None:
    """Who they are proven to be at this moment."""
    contact = session.get_one(Conversation, conversation_id)
    return current_session(session, str(conversation_id), contact.bound_to, now, settings.identity)[0]


def _hand_off(  # noqa: PLR0913, PLR0917 -- what a line is made of
    session: Session,
    note: HandOffNote,
    contact: Conversation,
    holder: str,
    employee: str,
    settings: Settings,
    now: datetime,
) -> HandOff:
    since = unanswered_since(session, note) if note.ended_at is None else None
    return HandOff(
        id=note.id,
        conversation_id=contact.id,
        reason=note.reason,
        summary=note.summary,
        at=note.at,
        ended_at=note.ended_at,
        language=contact.language,
        contact=contact.profile_name,
        phone=contact.wa_id or contact.bsuid,
        employee=employee,
        taken_by=note.taken_by,
        holder=holder,
        since=since,
        is_silent=is_silent(note, since, settings.handover, now),
        told_at=note.told_at,
    )


def _urgency(line: HandOff) -> tuple[bool, bool, datetime]:
    return line.taken_by is not None, line.since is None, line.since or line.at


def _proven(session: Session, conversations: Sequence[int]) -> dict[int, str]:
    """As whom each conversation's contact proved themselves last."""
    proofs = (
        select(VerifiedSession.conversation_id, EmployeeRow.name)
        .join(EmployeeRow, EmployeeRow.id == VerifiedSession.employee_id)
        .where(VerifiedSession.conversation_id.in_([str(one) for one in conversations]))
        .order_by(VerifiedSession.id)
    )
    return {int(conversation_id): name for conversation_id, name in session.execute(proofs)}
