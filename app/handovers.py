"""Conversations that a person has: beginning, taking, writing, passing on, handing back. Plain functions of a session.

A conversation is handed over while it has an open `HandOffNote`. Whoever takes it speaks in it alone: everybody else is
refused and told who has it. Every step is a `HandOffEvent`, whose id numbers what it puts into the outbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.audit.chain import note as audit
from app.db.models import Conversation, HandOffEvent, HandOffNote
from app.desk.requests import create_request
from app.identity.limits import unlock
from app.identity.models import OneTimeCode
from app.identity.sessions import current_session
from app.outbox import Slot, put
from app.service_window import window_of
from app.settings import IdentitySettings
from app.staff.models import StaffRow
from app.whatsapp.outbound import render
from graph.announce import request_created
from graph.messages import Reply, Text
from prompts.texts import Language, known_language, say
from tools.drafts import plain
from tools.service_desk import DeskRefusedError, Draft

HANDED_OVER = -4  # version of outbox entries that a hand-off wanted, not a turn; their part is event * PARTS + n
PARTS = 100  # messages of one event at most
LONGEST_WORDS = 8_000  # characters of an agent's message: two of WhatsApp's
SPEAKERS = frozenset({"agent", "admin"})  # roles that may have a conversation

Step = Literal["word", "taken", "moved", "request", "unlocked", "back", "called_back", "waited", "silent"]
Reason = Literal["asked", "no_article", "tool_failed", "policy", "codes_failed"]


class HandOffRefusedError(Exception):
    """A step is not taken; `reason` is a word that pages have a sentence for (`conversations.refused.REASON`).

    over, taken, untaken, not_yours, empty, long, window, colleague, stranger, draft, no_code; `values` fill it.
    """

    def __init__(self, reason: str, **values: str | int) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values


@dataclass(frozen=True, slots=True)
class Agent:
    """Who acts, when, and by which form: the same `reference` again changes nothing."""

    id: int
    name: str
    now: datetime
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What an agent says. `later`: when the 24 hours are over, keep it until they write again."""

    text: str
    later: bool = False


def begin(session: Session, conversation_id: int, reason: Reason, summary: str, now: datetime) -> None:
    """Give a conversation to whoever takes it; one that a person has already stays theirs."""
    session.get_one(Conversation, conversation_id).handed_over = True
    if open_note(session, conversation_id) is None:
        session.add(HandOffNote(conversation_id=conversation_id, reason=reason, summary=summary, at=now))


def open_note(session: Session, conversation_id: int, *, locked: bool = False) -> HandOffNote | None:
    """The hand-off that goes on, if one does; `locked` until the end of the transaction."""
    mine = select(HandOffNote).where(HandOffNote.conversation_id == conversation_id, HandOffNote.ended_at.is_(None))
    mine = mine.order_by(HandOffNote.id).limit(1).execution_options(populate_existing=True)
    return session.scalars(mine.with_for_update() if locked else mine).first()


def take(session: Session, conversation_id: int, agent: Agent) -> None:
    """Have the conversation; its employee is told who is there. Refused: over, taken (by `name`)."""
    note = _going_on(session, conversation_id)
    if note.taken_by == agent.id:
        return
    if note.taken_by is not None:
        raise HandOffRefusedError("taken", name=name_of(session, note.taken_by))
    _give(session, note, agent.id, agent.now)
    _announce(session, _step(session, note, "taken", agent), "person_here", name=agent.name)


def transfer(session: Session, conversation_id: int, to: int, agent: Agent, *, seen: int | None) -> None:
    """Pass it to a colleague, or to oneself. `seen` is who had it when that was chosen; refused when another has now.

    Refused besides: over, colleague (nobody active who answers people).
    """
    note = _going_on(session, conversation_id)
    if note.taken_by == to:
        return
    if note.taken_by != seen and note.taken_by is not None:
        raise HandOffRefusedError("taken", name=name_of(session, note.taken_by))
    colleague = session.get(StaffRow, to)
    if colleague is None or not colleague.active or not SPEAKERS & set(colleague.roles):
        raise HandOffRefusedError("colleague")
    _give(session, note, to, agent.now)
    event = _step(session, note, "moved", agent, colleague.name)
    _announce(session, event, "person_here", name=colleague.name)


def write(session: Session, conversation_id: int, words: Words, agent: Agent) -> HandOffEvent | None:
    """Say something to the employee; None when this form was sent before.

    Refused: over, untaken, not_yours (but `name`'s), empty, long, and window: the 24 hours are over, unless it may be
    `later`; then it is held, and the template asks them to write, if one is set.
    """
    note = _mine(session, conversation_id, agent)
    if _done(session, agent):
        return None
    text = plain(words.text).strip()
    if not text:
        raise HandOffRefusedError("empty")
    if len(text) > LONGEST_WORDS:
        raise HandOffRefusedError("long", most=LONGEST_WORDS)
    is_open = window_of(session, conversation_id).is_open(agent.now)
    if not is_open and not words.later:
        raise HandOffRefusedError("window")
    event = _step(session, note, "word", agent, text)
    said = say(_language(session, conversation_id), "person_wrote", name=agent.name, text=text)
    _tell(session, event, (Text(body=said),), held=not is_open)
    return event


def hand_back(session: Session, conversation_id: int, agent: Agent) -> None:
    """Let the assistant speak again; the employee is told. Refused: over, not_yours (but `name`'s)."""
    note = _mine(session, conversation_id, agent, or_nobodys=True)
    event = _step(session, note, "back", agent)
    end(session, conversation_id, agent.now)
    if note.taken_by is None:
        _announce(session, event, "handed_back")
    else:
        _announce(session, event, "handed_back_by", name=agent.name)


def let_try_again(session: Session, conversation_id: int, agent: Agent) -> None:
    """Vouch for whoever typed too many wrong codes: they may ask for another, from the assistant.

    Refused: over, not_yours (but `name`'s), no_code (none was asked for here).
    """
    note = _mine(session, conversation_id, agent, or_nobodys=True)
    asked = select(OneTimeCode.email_key).where(OneTimeCode.conversation_id == str(conversation_id)).distinct()
    keys = list(session.scalars(asked))
    if not keys:
        raise HandOffRefusedError("no_code")
    for key in keys:
        unlock(session, key)
    event = _step(session, note, "unlocked", agent)
    end(session, conversation_id, agent.now)
    _announce(session, event, "codes_forgiven", name=agent.name)


def open_request(session: Session, conversation_id: int, draft: Draft, agent: Agent, identity: IdentitySettings) -> str:
    """Open a request for the employee, who is told its number, which is returned. The conversation stays the agent's.

    Refused: over, untaken, not_yours (but `name`'s), stranger (nobody is verified here), draft (`detail` says why).
    """
    note = _mine(session, conversation_id, agent)
    contact = session.get_one(Conversation, conversation_id)
    employee, _ = current_session(session, str(conversation_id), contact.bound_to, agent.now, identity)
    if employee is None:
        raise HandOffRefusedError("stranger")
    is_new = not _done(session, agent)
    try:
        with session.begin_nested():
            receipt = create_request(
                session,
                employee=employee,
                conversation_id=str(conversation_id),
                draft=draft,
                reference=f"h{note.id}.{agent.reference}",
                now=agent.now,
            )
    except DeskRefusedError as refused:
        raise HandOffRefusedError("draft", detail=str(refused)) from None
    if is_new:
        event = _step(session, note, "request", agent, receipt.number)
        told = request_created(receipt, _language(session, conversation_id), employee.timezone)
        _tell(session, event, told, held=not window_of(session, conversation_id).is_open(agent.now))
    return receipt.number


def call_back(session: Session, conversation_id: int, now: datetime) -> None:
    """The employee asks for the assistant again, whoever had the conversation."""
    note = open_note(session, conversation_id, locked=True)
    if note is not None:
        session.add(HandOffEvent(hand_off_id=note.id, conversation_id=conversation_id, kind="called_back", at=now))
    end(session, conversation_id, now)


def end(session: Session, conversation_id: int, now: datetime) -> None:
    """The assistant speaks here again."""
    session.get_one(Conversation, conversation_id).handed_over = False
    open_notes = HandOffNote.conversation_id == conversation_id, HandOffNote.ended_at.is_(None)
    session.execute(update(HandOffNote).where(*open_notes).values(ended_at=now))


def name_of(session: Session, staff_id: int) -> str:
    """What a colleague is called."""
    row = session.get(StaffRow, staff_id)
    return row.name if row is not None else "?"


def say_of_waiting(session: Session, note: HandOffNote, step: Step, replies: Sequence[Reply], now: datetime) -> None:
    """Tell the employee how things stand; nobody did anything."""
    event = HandOffEvent(hand_off_id=note.id, conversation_id=note.conversation_id, kind=step, at=now)
    session.add(event)
    session.flush()
    _tell(session, event, replies)


def _going_on(session: Session, conversation_id: int) -> HandOffNote:
    note = open_note(session, conversation_id, locked=True)
    if note is None:
        raise HandOffRefusedError("over")
    return note


def _mine(session: Session, conversation_id: int, agent: Agent, *, or_nobodys: bool = False) -> HandOffNote:
    note = _going_on(session, conversation_id)
    if note.taken_by is None and not or_nobodys:
        raise HandOffRefusedError("untaken")
    if note.taken_by not in (None, agent.id):
        raise HandOffRefusedError("not_yours", name=name_of(session, note.taken_by or 0))
    return note


def _give(session: Session, note: HandOffNote, staff_id: int, now: datetime) -> None:
    """Whoever has it now gets as long as anybody before the employee hears of silence."""
    note.taken_by, note.taken_at, note.silence_told_at = staff_id, now, None
    session.flush()


def _done(session: Session, agent: Agent) -> bool:
    if agent.reference is None:
        return False
    return session.scalar(select(HandOffEvent.id).where(HandOffEvent.reference == agent.reference)) is not None


def _step(session: Session, note: HandOffNote, kind: Step, agent: Agent, text: str = "") -> HandOffEvent:
    audit(session, f"hand_off.{kind}", f"conversation {note.conversation_id}", agent.now, by=f"staff {agent.id}")
    event = HandOffEvent(
        hand_off_id=note.id,
        conversation_id=note.conversation_id,
        kind=kind,
        staff_id=agent.id,
        author=agent.name,
        text=text,
        reference=agent.reference,
        at=agent.now,
    )
    session.add(event)
    session.flush()
    return event


def _announce(session: Session, event: HandOffEvent, text: str, **values: str) -> None:
    """Say it where it arrives; nobody is asked to write again only to read that."""
    if window_of(session, event.conversation_id).is_open(event.at):
        _tell(session, event, (Text(body=say(_language(session, event.conversation_id), text, **values)),))


def _tell(session: Session, event: HandOffEvent, replies: Sequence[Reply], *, held: bool = False) -> None:
    """Put it into the outbox in its order; `held`: the window is closed, so WhatsApp is not asked in vain."""
    messages = [message for reply in replies for message in render(reply)]
    state = "held" if held else "new"
    for part, message in enumerate(messages[:PARTS]):
        slot = Slot(event.conversation_id, HANDED_OVER, event.id * PARTS + part)
        put(session, slot, "message", message, now=event.at, state=state)


def _language(session: Session, conversation_id: int) -> Language:
    return known_language(session.get_one(Conversation, conversation_id).language)
