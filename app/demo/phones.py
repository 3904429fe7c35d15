"""What was said on the phones of the demo's people before its first visitor takes one of them in hand."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.contacts import contacts_of
from app.db.models import Conversation, HandOffNote, InboxMessage, OutboxEntry
from app.demo.load import COMPANY
from app.emulator.switchboard import Emulator
from app.identity.employees import employee_by_email
from app.identity.sessions import end_session, start_session
from app.outbox import Slot
from app.whatsapp.outbound import render
from app.whatsapp.payload import Message
from app.yaml_text import read_yaml
from graph.messages import Incoming, Text

NUMBER = "100000000000001"  # of the demo's business
PAUSE = timedelta(seconds=20)  # between two lines of a conversation


class Phones:
    """The phones of the phone page, by the employee who holds them; whoever has none wrote no message."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._people: dict[str, tuple[Mapping[str, Any], str]] = {}
        for person in read_yaml((COMPANY / "people.yaml").read_text(encoding="utf8"))["people"]:
            employee = employee_by_email(session, person["email"])
            if employee is not None:
                self._people[employee.id] = (person, employee.language)

    def hear(self, who: str, words: str, at: datetime) -> Conversation | None:
        """Somebody wrote; the conversation, or None without a phone."""
        if who not in self._people:
            return None
        conversation = self._conversation(who, at)
        wamid = f"demo.{conversation.id}.{at.timestamp()}"
        body = Incoming(id=wamid, kind="text", text=words, at=at).model_dump(mode="json")
        row = InboxMessage(wamid=wamid, conversation_id=conversation.id, body=body, received_at=at, state="done")
        self._session.add(row)
        conversation.last_inbound_at = at
        self._session.flush()
        return conversation

    def wait(self, story: Mapping[str, Any], now: datetime) -> None:
        """Somebody waits for a person: they have just proven who they are, and the assistant is silent."""
        who, at = story["who"], now - timedelta(minutes=story["minutes"])
        conversation = self._conversation(who, at)
        start_session(self._session, str(conversation.id), who, bound_to=conversation.bound_to, now=at)
        for line in story["chat"]:
            at += PAUSE
            if "me" in line:
                self.hear(who, line["me"], at)
            else:
                self._say(conversation, line["bot"], at)
        conversation.handed_over = True
        note = HandOffNote(conversation_id=conversation.id, reason=story["reason"], summary=story["summary"], at=at)
        self._session.add(note)

    def _conversation(self, who: str, at: datetime) -> Conversation:
        """Theirs; the session in which they proved themselves is over, so that whoever plays them begins anew."""
        person, language = self._people[who]
        known = contacts_of(self._session, [_first_words(person, at)], at)[0]
        conversation = self._session.get_one(Conversation, known.id)
        if not conversation.language:
            conversation.language = language
            start_session(self._session, str(known.id), who, bound_to=conversation.bound_to, now=at)
            end_session(self._session, str(known.id), because="idle", now=at)
        return conversation

    def _say(self, conversation: Conversation, words: str, at: datetime) -> None:
        conversation.version += 1
        for part, body in enumerate(render(Text(body=words))):
            slot = Slot(conversation.id, conversation.version, part)
            entry = OutboxEntry(**slot._asdict(), lane=f"c{conversation.id}", kind="message", body=body, created_at=at)
            entry.state = "read"
            self._session.add(entry)


def tell_when_they_wrote(session: Session, emulator: Emulator) -> None:
    """The emulated WhatsApp was not there then: without it, it would take nothing for them until they write again."""
    wrote = select(Conversation).where(Conversation.last_inbound_at.is_not(None))
    for conversation in session.scalars(wrote):
        people = emulator.people
        known = people.by_phone(conversation.wa_id) if conversation.wa_id else None
        person = known or people.by_user_id(conversation.bsuid)
        if person is not None:
            emulator.chat(person).opened_at = conversation.last_inbound_at


def _first_words(person: Mapping[str, Any], at: datetime) -> Message:
    return Message(
        phone_number_id=NUMBER,
        bsuid=person.get("bsuid", ""),
        wa_id=person.get("wa_id", ""),
        profile_name=person["name"],
        incoming=Incoming(id="demo", kind="text", at=at),
        raw="",
    )
