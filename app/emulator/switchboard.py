"""The emulated WhatsApp: people with phones on one side, the business's Cloud API on the other."""

import asyncio
import base64
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from starlette.applications import Starlette

from app.emulator import gestures, limits, webhooks
from app.emulator.courier import Courier
from app.emulator.faults import Faults
from app.emulator.feed import Feed
from app.emulator.gestures import Gesture
from app.emulator.media import MediaStore
from app.emulator.people import Directory, Person, digits, sample_people
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


class Emulator:
    """WhatsApp on loopback, for the demo and for every test that needs a person with a phone.

    Start it inside the event loop that serves `app` (`await emulator.start()`), or as `async with emulator:`.
    `webhook_url` may be set later; webhooks wait for it. People act by `say`, `tap`, `send`; what the business sent
    is read by `replies` (waits) and `outbox` (does not). `who` is a Person or its id. Everything is in memory.

    `clock` gives aware datetimes; `faults.clock_shift_s` moves it. With `reads_by_itself` phones read what arrives;
    otherwise a message is read when the phone page shows it or `read` is called.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - an account with its people; each has a default or stands alone
        self,
        app_secret: str,
        access_token: str,
        phone_number_id: str,
        waba_id: str,
        webhook_url: str = "",
        people: Iterable[Person] | None = None,
        clock: Callable[[], datetime] = utc_now,
        *,
        business_name: str = "Recado",
        display_phone_number: str = "+55 11 4000-1234",
        templates: Sequence[Template] = (),
        reads_by_itself: bool = True,
        messages_per_second: int = 80,
    ) -> None:
        self.access_token = access_token
        self.line = Line(waba_id, phone_number_id, display_phone_number)
        self.webhook_url = webhook_url
        self.business_name = business_name
        self.templates = list(templates)
        self.reads_by_itself = reads_by_itself
        self.people = Directory(sample_people() if people is None else people)
        self.faults = Faults()
        self.feed = Feed()
        self.media = MediaStore()
        self.rates = Rates(messages_per_second)
        self.courier = Courier(app_secret, self.line, self.faults, lambda: self.webhook_url)
        self._clock = clock
        self._chats: dict[str, Chat] = {}

    @property
    def app(self) -> Starlette:
        """The emulator alone as an ASGI application; in the demo its routes join the main one."""
        from app.emulator.routes import emulator_routes  # noqa: PLC0415 - the routes know the emulator

        return Starlette(routes=emulator_routes(self, None))

    async def start(self) -> None:
        """Begin to deliver webhooks."""
        await self.courier.start()

    async def stop(self) -> None:
        """Stop delivering and end the pages' event streams."""
        self.feed.close()
        await self.courier.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def now(self) -> datetime:
        """Return the emulated time."""
        return self._clock() + timedelta(seconds=self.faults.clock_shift_s)

    def chat(self, who: Who) -> Chat:
        """Return a person's chat.

        Raises:
            KeyError: nobody has that id.
        """
        return self._chats.setdefault(self.people.get(who).id, Chat())

    async def say(self, who: Who, words: str, *, quoting: str | None = None) -> str:
        """Let a person write; return the wamid."""
        return await self.send(who, gestures.text(words, quoting))

    async def tap(self, who: Who, choice_id: str, *, on: str | None = None) -> str:
        """Let a person tap a button or list row by id (or title), on the newest message holding it or on `on`.

        Raises:
            UnknownGestureError: nothing on the phone offers it.
        """
        return await self.send(who, gestures.tap(self.chat(who), choice_id, on))

    async def react(self, who: Who, emoji: str, *, on: str) -> str:
        """Let a person react to a message; "" takes it back."""
        return await self.send(who, gestures.react(emoji, on))

    async def send_file(  # noqa: PLR0913 - a file is its kind, bytes, type and what is written on it
        self, who: Who, kind: str, content: bytes, mime_type: str, *, caption: str = "", filename: str = ""
    ) -> str:
        """Let a person send an image, video, audio, document or sticker."""
        stored = self.media.receive(content, mime_type, filename, self.now())
        media = {"id": stored.id, "mime_type": mime_type, "sha256": stored.sha256_base64}
        return await self.send(who, gestures.file(kind, media, caption, filename))

    async def edit(self, who: Who, original: str, words: str, *, coexistence: bool = False) -> str:
        """Let a person edit a message; see `gestures.edit`."""
        return await self.send(who, gestures.edit(original, words, coexistence=coexistence))

    async def revoke(self, who: Who, original: str) -> str:
        """Let a person delete a message for everyone."""
        return await self.send(who, gestures.revoke(original))

    async def change_number(self, who: Who, wa_id: str) -> str:
        """Move a person to another number: WhatsApp gives them a new BSUID and tells us with `system` messages."""
        person = self.people.get(who)
        old, previous = person.wa_id, person.user_id
        told = ""
        if old:
            words = f"{person.name} changed from {old} to {wa_id}"
            number = {"body": words, "wa_id": wa_id, "type": "user_changed_number"}
            told = await self.send(person, Gesture("system", number))
            person.wa_id = wa_id
        if previous:
            person.user_id = f"{previous[:3]}{secrets.randbelow(10**16):016d}"
            rotated = {"type": "user_changed_user_id", "user_id": person.user_id, "previous_user_id": previous}
            told = await self.send(person, Gesture("system", {"body": f"{person.name} changed user id"} | rotated))
        return told

    async def send(self, who: Who, gesture: Gesture) -> str:
        """Let a person send anything; return the wamid once the webhook is on its way (`settled` waits for it)."""
        person, now = self.people.get(who), self.now()
        chat = self.chat(person)
        message = Message(new_wamid(), gesture.kind, gesture.content, now, from_business=False, quoted=gesture.quoted)
        if gesture.kind != "system":
            chat.opened_at = now
        self._show(person, message)
        extra = dict(gesture.extra)
        if gesture.quoted:
            extra["context"] = self._context(person, gesture.quoted)
        taken = self.courier.post(person.id, webhooks.inbound(person, message, extra))
        taken.add_done_callback(lambda done: None if done.cancelled() else self._advance(person, message, "delivered"))
        await asyncio.sleep(0)
        return message.wamid

    def outbox(self, who: Who) -> list[Message]:
        """Return all the business sent to a person, oldest first; reactions are on their target."""
        return [message for message in self.chat(who).messages if message.from_business]

    async def replies(
        self,
        who: Who,
        *,
        after: str | None = None,
        timeout: float = 10.0,  # noqa: ASYNC109 - a test names its patience in the call
        count: int = 1,
        quiet: float = 0.3,
    ) -> list[Message]:
        """Wait for what the business answers after a wamid (default: after the person's newest message).

        Returns once `count` messages are there and `quiet` seconds passed without another.

        Raises:
            TimeoutError: fewer than `count` came within `timeout` seconds.
        """
        deadline = asyncio.get_running_loop().time() + timeout
        after = after or next((m.wamid for m in reversed(self.chat(who).messages) if not m.from_business), None)
        with self.feed.subscribed() as events:
            while True:
                found = self.chat(who).after(after)
                left = deadline - asyncio.get_running_loop().time()
                if left <= 0 and len(found) < count:
                    raise TimeoutError(f"{len(found)} of {count} replies within {timeout} s")
                enough = len(found) >= count
                try:
                    await asyncio.wait_for(events.get(), min(quiet, max(left, 0)) if enough else left)
                except TimeoutError:
                    if enough:
                        return found

    async def settled(self) -> None:
        """Wait until the business took every webhook sent so far."""
        await self.courier.settled()

    def read(self, who: Who) -> None:
        """Let a person look at the chat: everything shown is seen, and the business is told `read`."""
        person = self.people.get(who)
        for message in self.chat(person).messages:
            if message.from_business and not message.seen:
                message.seen = True
                if message.state != "read":
                    self._read(person, message)
        self.feed.publish("people", self.roster())

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

    async def tell_statuses(self, accepted: Accepted) -> None:
        """Put the statuses of an accepted message on their way: sent, delivered, and read by those who read."""
        person, message = accepted.person, accepted.message
        if self.faults.statuses_withheld:
            return
        if message.kind not in ("template", "reaction") and not self.chat(person).window_open(message.at):
            self._fail(person, message, Refusal(131047, "More than 24 hours have passed."))
            return
        self._status(person, message, "sent")
        if message.kind == "reaction":
            return
        self._status(person, message, "delivered")
        if self.reads_by_itself or message.seen:
            self._read(person, message)

    async def tell_sent(self, accepted: Accepted) -> None:
        """Deliver the statuses before the business has its answer, for the fault of that name."""
        await self.tell_statuses(accepted)
        await asyncio.wait_for(self.settled(), 5)

    def mark_read(self, wamid: str, *, typing: bool) -> None:
        """Take the business's "read" for a message and all before it, and show it typing for 25 s.

        Raises:
            Refusal: no such inbound message.
        """
        for person in self.people:
            chat = self.chat(person)
            if any(message.wamid == wamid and not message.from_business for message in chat.messages):
                self._mark_read(person, chat, wamid)
                if typing:
                    chat.typing_until = self.now() + TYPING_LIFE
                    self.feed.publish("typing", {"person": person.id, "seconds": TYPING_LIFE.total_seconds()})
                return
        raise Refusal(131009, "message_id does not name a message received from a user.")

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
        for message in chat.messages:
            if not message.from_business and message.state != "read":
                self._advance(person, message, "read")
            if message.wamid == wamid:
                return

    def _read(self, person: Person, message: Message) -> None:
        if person.id not in self.faults.never_read:
            self._status(person, message, "read")

    def _status(self, person: Person, message: Message, name: str) -> None:
        self._advance(person, message, name)
        self.courier.post(person.id, webhooks.status(person, message, name, self.now()))

    def _fail(self, person: Person, message: Message, refusal: Refusal) -> None:
        message.state = "failed"
        told = webhooks.status(person, message, "failed", self.now(), [refusal.as_status_error()])
        self.courier.post(person.id, told)

    def _advance(self, person: Person, message: Message, state: str) -> None:
        order = ("accepted", "sent", "delivered", "read")
        if state in order and message.state in order and order.index(state) > order.index(message.state):
            message.state = state
            self._publish(person, message)

    def _publish(self, person: Person, message: Message) -> None:
        self.feed.publish("message", {"person": person.id, "message": message.as_json()})
        self.feed.publish("people", self.roster())


def new_wamid() -> str:
    """Make a message id as WhatsApp's look."""
    return "wamid." + base64.b64encode(b"HBg" + secrets.token_bytes(24)).decode()
