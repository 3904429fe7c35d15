"""Who waits for a person is not left guessing: told once how things stand when nobody comes, once when nobody answers.

The sweeper asks; what was told is noted in the transaction that puts it into the outbox, so that it happens once.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.models import Conversation, HandOffEvent, HandOffNote, InboxMessage
from app.desk.hours import Reception, reception
from app.handovers import Step, name_of, say_of_waiting
from app.identity.models import EmployeeRow, VerifiedSession
from app.service_window import window_of
from app.settings import HandoverSettings
from graph.choices import Option, ask
from graph.messages import Reply
from graph.moments import spelled
from prompts.texts import Language, known_language, say

ZONE = "America/Sao_Paulo"  # of whom nobody knows where they are


def tell_waiting(session: Session, settings: HandoverSettings, now: datetime) -> int:
    """Tell everybody whose time has come; returns how many that were."""
    going_on = select(HandOffNote).where(HandOffNote.ended_at.is_(None)).order_by(HandOffNote.id)
    untaken = going_on.where(HandOffNote.taken_by.is_(None), HandOffNote.told_at.is_(None))
    taken = going_on.where(HandOffNote.taken_by.is_not(None), HandOffNote.silence_told_at.is_(None))
    told = [_tell_untaken(session, note, settings, now) for note in session.scalars(untaken).all()]
    told += [_tell_silent(session, note, settings, now) for note in session.scalars(taken).all()]
    return sum(told)


def unanswered_since(session: Session, note: HandOffNote) -> datetime | None:
    """Since when the employee waits for a word; None when the last one is an agent's. A reaction asks for none."""
    said = select(func.max(HandOffEvent.at)).where(HandOffEvent.hand_off_id == note.id, HandOffEvent.kind == "word")
    last = session.scalar(said)
    if last is None:
        return note.at
    heard = select(func.min(InboxMessage.received_at)).where(
        InboxMessage.conversation_id == note.conversation_id,
        InboxMessage.received_at > last,
        InboxMessage.body["kind"].as_string() != "reaction",
    )
    return session.scalar(heard)


def is_silent(note: HandOffNote, since: datetime | None, settings: HandoverSettings, now: datetime) -> bool:
    """Whether somebody took it and lets its employee wait for long; a new holder gets as long as the first."""
    if note.taken_at is None or since is None:
        return False
    return now - max(since, note.taken_at) >= timedelta(minutes=settings.silence_minutes)


def _tell_untaken(session: Session, note: HandOffNote, settings: HandoverSettings, now: datetime) -> bool:
    language = _language(session, note)
    hours = reception(session, now, language)
    minutes = settings.patience_minutes_out_of_hours if hours.opens_at else settings.patience_minutes
    if now - note.at < timedelta(minutes=minutes):
        return False
    return _tell(session, note, "waited", _waited(session, note, hours, language), now)


def _tell_silent(session: Session, note: HandOffNote, settings: HandoverSettings, now: datetime) -> bool:
    if not is_silent(note, unanswered_since(session, note), settings, now):
        return False
    language = _language(session, note)
    hours, name = reception(session, now, language), name_of(session, note.taken_by or 0)
    if hours.opens_at:
        words = say(language, "silent_closed", name=name, when=_spelled(session, note, hours.opens_at, language))
    else:
        words = say(language, "silent", name=name)
    return _tell(session, note, "silent", words, now)


def _tell(session: Session, note: HandOffNote, step: Step, words: str, now: datetime) -> bool:
    """Once, whoever sweeps; not while it could not arrive: then it may still, once they have written."""
    if not window_of(session, note.conversation_id).is_open(now):
        return False
    column = HandOffNote.told_at if step == "waited" else HandOffNote.silence_told_at
    if not _claim(session, note, column, now):
        return False
    say_of_waiting(session, note, step, _offer(words, _language(session, note)), now)
    return True


def _claim(session: Session, note: HandOffNote, column: InstrumentedAttribute[datetime | None], now: datetime) -> bool:
    """Whether it is ours to tell: another process may have, or the hand-off ended meanwhile."""
    mine = (HandOffNote.id == note.id, HandOffNote.ended_at.is_(None), column.is_(None))
    told = update(HandOffNote).where(*mine).values({column.key: now})
    return session.connection().execute(told).rowcount == 1


def _waited(session: Session, note: HandOffNote, hours: Reception, language: Language) -> str:
    if hours.opens_at:
        return say(language, "waited_closed", when=_spelled(session, note, hours.opens_at, language))
    if hours.closes_at:
        return say(language, "waited_until", when=_spelled(session, note, hours.closes_at, language))
    return say(language, "waited")


def _offer(words: str, language: Language) -> tuple[Reply, ...]:
    """What they may do instead; both take the conversation back from the line, and the graph knows them."""
    options = [
        Option("leave", "", say(language, "button_request")),
        Option("assistant", "", say(language, "button_assistant")),
    ]
    return ask(words, options, nonce="", button=say(language, "button_choose"))


def _spelled(session: Session, note: HandOffNote, at: datetime, language: Language) -> str:
    known = (
        select(EmployeeRow.timezone)
        .join(VerifiedSession, VerifiedSession.employee_id == EmployeeRow.id)
        .where(VerifiedSession.conversation_id == str(note.conversation_id))
        .order_by(VerifiedSession.id.desc())
        .limit(1)
    )
    return spelled(at, language, session.scalar(known) or ZONE)


def _language(session: Session, note: HandOffNote) -> Language:
    return known_language(session.get_one(Conversation, note.conversation_id).language)
