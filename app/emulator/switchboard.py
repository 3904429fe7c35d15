"""The emulated WhatsApp as its users hold it: people write, tap, send, and read what the business answers."""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Self

from starlette.applications import Starlette

from app.emulator import gestures, webhooks
from app.emulator.exchange import Exchange, Who, new_wamid, utc_now
from app.emulator.gestures import Gesture
from app.emulator.people import Directory, Person, sample_people
from app.emulator.template import Template
from app.emulator.transcript import Message
from app.emulator.webhooks import Line


class Emulator(Exchange):
    """WhatsApp on loopback, for the demo and for every test that needs a person with a phone.

    Start it inside the event loop that serves `app` (`await emulator.start()`), or as `async with emulator:`.
    `webhook_url` may be set later; webhooks wait for it. People act by `say`, `tap`, `send`; what the business sent
    is read by `replies` (waits) and `outbox` (does not). `who` is a Person or its id. Everything is in memory.

    `public_url` (where `app` is served), once set, puts a short-lived `url` into media webhooks as Meta does.
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
        line = Line(waba_id, phone_number_id, display_phone_number)
        super().__init__(line, app_secret, Directory(sample_people() if people is None else people), clock)
        self.access_token = access_token
        self.webhook_url = webhook_url
        self.business_name = business_name
        self.templates = list(templates)
        self.reads_by_itself = reads_by_itself
        self.public_url = ""
        self.rates.per_second = messages_per_second

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
        if self.public_url:
            media["url"] = self.media.url(self.public_url, stored.id, self.now())
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
        self._senders[message.wamid] = person
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
                if message.state != "read" and self._reads(person):
                    self._status(person, message, "read")
        self.feed.publish("people", {"people": [self._roster_line(person)]})
