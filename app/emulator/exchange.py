"""The platform's side of the emulated WhatsApp: who holds which chat, what the business may send, who is told."""

import asyncio
import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from app.emulator import limits, webhooks
from app.emulator.account import Account
from app.emulator.courier import Courier
from app.emulator.faults import Faults
from app.emulator.feed import Feed
from app.emulator.media import MediaStore
from app.emulator.people import Directory, Person, digits
from app.emulator.rates import Rates
from app.emulator.refusal import Refusal
from app.emulator.template import Template, render
from app.emulator.transcript import TYPING_LIFE, Chat, Message
from app.emulator.webhooks import Line

Who = Person | str


@dataclass(frozen=True)
class Accepted:
    """A message the platform took: the person, the bubble, and the statuses still to be told."""

    person: Person
    message: Message


def utc_now() -> datetime:
    """Read the real clock."""
    return datetime.now(UTC)


class Exchange:
    """Chats, rules and webhooks of one business number. `Emulator` adds what people do."""

    def __init__(self, line: Line, app_secret: str, people: Directory, clock: Callable[[], datetime]) -> None:
        self.line = line
        self.people = people
        self.webhook_url = ""
        self.templates: list[Template] = []
        self.reads_by_itself = True
        self.faults = Faults()
        self.account = Account()
        self.feed = Feed()
        self.media = MediaStore()
        self.rates = Rates()
        self.courier = Courier(app_secret, line, self.faults, lambda: self.webhook_url)
        self._clock = clock
        self._chats: dict[str, Chat] = {}
        self._senders: dict[str, Person] = {}

    def now(self) -> datetime:
        """Return the emulated time."""
        return self._clock() + timedelta(seconds=self.faults.clock_shift_s)

    def chat(self, who: Who) -> Chat:
        """Return a person's chat.

        Raises:
            KeyError: nobody has that id.
        """
        return self._chats.setdefault(self.people.get(who).id, Chat())

    def accept(self, body: dict[str, Any]) -> Accepted:
        """Take a message of the business, as `POST /messages` does.

        Raises:
            Refusal: a limit, the window, a rate or the recipient forbids it.
        """
        kind = limits.check(body)
        person = self._recipient(body)
        now, chat = self.now(), self.chat(person)
        content = render(self.templates, body[kind]) if kind == "template" else body[kind]
        self._check_media(content, now)
        if kind != "template" and not chat.window_open(now) and not self.faults.refuse_by_webhook:
            raise Refusal(131047, "More than 24 hours have passed since the customer last replied to this number.")
        self.rates.spend(person.id, now)
        quoted = body.get("context", {}).get("message_id")
        message = Message(new_wamid(), kind, content, now, True, quoted, "accepted", seen=False, raw=body)
        chat.typing_until = None
        if kind == "reaction":
            self._react(person, content["message_id"], "business", content["emoji"])
        elif chat.window_open(now) or kind == "template":
            self._show(person, message)
        return Accepted(person, message)

    async def tell_statuses(self, accepted: Accepted, *, patience_s: float = 0.0) -> None:
        """Put the statuses of an accepted message on their way: sent, delivered, and read by those who read.

        With patience, wait so long for the business to take them (the fault that tells a status before the answer).
        """
        taken = self._statuses(accepted)
        if taken and patience_s:
            await asyncio.wait(taken, timeout=patience_s)

    def _statuses(self, accepted: Accepted) -> "list[asyncio.Future[None]]":
        person, message = accepted.person, accepted.message
        if self.faults.statuses_withheld:
            return []
        if message.kind not in ("template", "reaction") and not self.chat(person).window_open(message.at):
            return [self._fail(person, message, Refusal(131047, "More than 24 hours have passed."))]
        names = ["sent"] if message.kind == "reaction" else ["sent", "delivered"]
        if message.kind != "reaction" and (self.reads_by_itself or message.seen) and self._reads(person):
            names.append("read")
        return [self._status(person, message, name) for name in names]

    def mark_read(self, wamid: str, *, typing: bool) -> None:
        """Take the business's "read" for a message and all before it, and show it typing for 25 s.

        Raises:
            Refusal: no such inbound message.
        """
        person = self._senders.get(wamid)
        if person is None:
            raise Refusal(131009, "message_id does not name a message received from a user.")
        chat = self.chat(person)
        self._mark_read(person, chat, wamid)
        if typing:
            chat.typing_until = self.now() + TYPING_LIFE
            self.feed.publish("typing", {"person": person.id, "seconds": TYPING_LIFE.total_seconds()})

    def roster(self) -> dict[str, Any]:
        """Return the people as the phone page lists them."""
        return {"people": [self._roster_line(person) for person in self.people]}

    def _roster_line(self, person: Person) -> dict[str, Any]:
        chat = self.chat(person)
        last = chat.messages[-1].as_json() if chat.messages else None
        shown = {"id": person.id, "name": person.name, "address": person.address, "language": person.language}
        state = {"typing": chat.is_typing(self.now()), "window_open": chat.window_open(self.now())}
        return shown | state | {"note": person.note, "unread": chat.unseen, "last": last}

    def _recipient(self, body: dict[str, Any]) -> Person:
        to, recipient = body.get("to"), body.get("recipient")
        if not isinstance(to or "", str) or not isinstance(recipient or "", str):
            raise Refusal(100, "to and recipient must be strings.")
        if not to and not recipient:
            raise Refusal(131008, "The parameter to or recipient is required.")
        if to and digits(to) == self.line.metadata["display_phone_number"]:
            raise Refusal(131021, "The recipient is the sender.")
        phone = to and len(digits(to)) >= 8 and not any(char.isalpha() for char in to)
        found = (self.people.by_phone(str(to)) if phone else None) if to else self.people.by_user_id(str(recipient))
        if found is None:
            raise Refusal(131026, "The recipient is no WhatsApp user, or the address is not of this parameter's kind.")
        return found

    def _check_media(self, content: dict[str, Any], now: datetime) -> None:
        media_id = content.get("id")
        if media_id and self.media.get(str(media_id), now) is None:
            raise Refusal(131009, f"media id {media_id} does not exist or has expired.")

    def _context(self, person: Person, quoted: str) -> dict[str, Any]:
        message = self.chat(person).find(quoted)
        ours = message is None or message.from_business
        sender = self.line.metadata["display_phone_number"] if ours else person.wa_id or person.user_id
        return {"from": sender, "id": quoted}

    def _show(self, person: Person, message: Message) -> None:
        chat = self.chat(person)
        if message.kind == "reaction":
            self._react(person, message.content["message_id"], "person", message.content.get("emoji", ""))
            return
        changed = message.content.get("original_message_id")
        original = chat.find(changed) if changed else None
        if original and message.kind == "revoke":
            original.revoked = True
        elif original and message.kind == "edit":
            original.content, original.edited = dict(message.content["message"]["text"]), True
        if original is None:
            chat.messages.append(message)
        self._publish(person, original or message)

    def _react(self, person: Person, wamid: str, who: str, emoji: str) -> None:
        target = self.chat(person).find(wamid)
        if target:
            target.reactions.pop(who, None)
            target.reactions |= {who: emoji} if emoji else {}
            self._publish(person, target)

    def _mark_read(self, person: Person, chat: Chat, wamid: str) -> None:
        ours = [message for message in chat.messages if not message.from_business]
        newest = next((index for index in range(len(ours) - 1, -1, -1) if ours[index].wamid == wamid), -1)
        for message in reversed(ours[: newest + 1]):
            if message.state == "read":
                return
            self._advance(person, message, "read")

    def _reads(self, person: Person) -> bool:
        return person.id not in self.faults.never_read

    def _status(self, person: Person, message: Message, name: str) -> "asyncio.Future[None]":
        self._advance(person, message, name)
        return self.courier.post(person.id, webhooks.status(person, message, name, self.now()))

    def _fail(self, person: Person, message: Message, refusal: Refusal) -> "asyncio.Future[None]":
        message.state = "failed"
        told = webhooks.status(person, message, "failed", self.now(), [refusal.as_status_error()])
        return self.courier.post(person.id, told)

    def _advance(self, person: Person, message: Message, state: str) -> None:
        order = ("accepted", "sent", "delivered", "read")
        if state in order and message.state in order and order.index(state) > order.index(message.state):
            message.state = state
            self._publish(person, message)

    def _publish(self, person: Person, message: Message) -> None:
        self.feed.publish("message", {"person": person.id, "message": message.as_json()})
        self.feed.publish("people", {"people": [self._roster_line(person)]})


def new_wamid() -> str:
    """Make a message id as WhatsApp's look."""
    return "wamid." + base64.b64encode(b"HBg" + secrets.token_bytes(24)).decode()
