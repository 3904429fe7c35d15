"""A person's phone in an evaluation: what they do becomes Meta's deliveries, what is sent to them becomes bubbles."""

from datetime import datetime
from itertools import count
from typing import Any

from app.emulator import gestures, webhooks
from app.emulator.gestures import Gesture
from app.emulator.people import Person
from app.emulator.transcript import Chat, Choice, Message
from app.emulator.webhooks import Line
from app.rehearsal import Sent
from app.transcript import words
from eval.cases.conversation import File, Tap
from eval.cases.loose import found_in

LINE = Line("100000000000002", "100000000000001", "+55 11 4000-1234")
MIME_TYPES = {
    "image": "image/jpeg", "document": "application/pdf", "audio": "audio/ogg", "video": "video/mp4",
    "sticker": "image/webp",
}  # fmt: skip


class NothingToTapError(Exception):
    """The script taps what the bot has not offered: the conversation went another way."""


class Phone:
    """One person's chat with the company."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.chat = Chat()
        self._numbers = count(1)

    def write(self, words_: str, now: datetime, *, quoting: str | None = None) -> dict[str, Any]:
        """Write words, in answer to a message that holds these words or not; raises NothingToTapError."""
        return self._send(gestures.text(words_, self._quoted(quoting)), now)

    def tap(self, wanted: Tap, now: datetime) -> dict[str, Any]:
        """Tap what is offered under this title; raises NothingToTapError."""
        message, choice = self._offered(wanted)
        return self._send(gestures.tap(self.chat, choice.id, message.wamid), now)

    def send_file(self, file: File, now: datetime, *, quoting: str | None = None) -> dict[str, Any]:
        """Send a photo, a document or a voice note; raises NothingToTapError when what it answers to is not there."""
        media = {"id": f"media-{next(self._numbers)}", "mime_type": MIME_TYPES[file.kind]}
        if file.kind == "audio":
            media["voice"] = "true"
        return self._send(gestures.file(file.kind, media, file.caption, file.name, self._quoted(quoting)), now)

    def react(self, emoji: str, now: datetime, *, quoting: str | None = None) -> dict[str, Any]:
        """React to the newest message of the company, or the newest with these words; raises NothingToTapError."""
        wamid = self._quoted(quoting or "/./")
        return self._send(gestures.react(emoji, wamid or ""), now)

    def send_raw(self, message: dict[str, Any], now: datetime) -> dict[str, Any]:
        """Send a message object as the channel would bring it: `type`, its object, and keys beside it.

        `profile` is the name that the sender has chosen on WhatsApp from now on.
        """
        kind = str(message.get("type", "text"))
        self.person.name = str(message.get("profile", self.person.name))
        extra = {key: value for key, value in message.items() if key not in ("type", "profile", kind)}
        return self._send(Gesture(kind, message.get(kind, {}), extra=extra), now)

    def hello(self, now: datetime) -> dict[str, Any]:
        """A delivery that only says whose phone this is."""
        nothing = Message("wamid.hello", "text", {"body": "-"}, now, from_business=False)
        return webhooks.envelope(LINE, [webhooks.inbound(self.person, nothing, {})])

    def receive(self, sent: Sent, now: datetime) -> str:
        """Take one message in; returns it as text, its choices in brackets."""
        kind = str(sent.message.get("type", "text"))
        content = sent.message.get(kind, {})
        wamid = f"wamid.sent{sent.entry_id}"
        bubble = Message(wamid, kind, content, now, from_business=True)
        self.chat.messages.append(bubble)
        shown = [f"[{choice.title}]" for choice in bubble.choices]
        return "\n".join([words(sent.message), *shown])

    @property
    def newest_choices(self) -> list[Choice]:
        """What the newest message of the company offers."""
        newest = next((m for m in reversed(self.chat.messages) if m.from_business), None)
        return newest.choices if newest else []

    def _quoted(self, wanted: str | None) -> str | None:
        """The newest message of the company with these words."""
        if wanted is None:
            return None
        for message in reversed(self.chat.messages):
            if message.from_business and found_in(wanted, message.text):
                return message.wamid
        raise NothingToTapError(f"no message of the company says {wanted!r}")

    def _offered(self, wanted: Tap) -> tuple[Message, Choice]:
        order = self.chat.messages if wanted.oldest else list(reversed(self.chat.messages))
        for message in order:
            for choice in message.choices if message.from_business else ():
                if found_in(wanted.title, f"{choice.title} {choice.description}"):
                    return message, choice
        raise NothingToTapError(f"nothing offers {wanted.title!r}")

    def _send(self, gesture: Gesture, now: datetime) -> dict[str, Any]:
        wamid = f"wamid.{self.person.id}.{next(self._numbers)}"
        message = Message(wamid, gesture.kind, gesture.content, now, from_business=False, quoted=gesture.quoted)
        self.chat.messages.append(message)
        self.chat.opened_at = now
        extra = dict(gesture.extra)
        if gesture.quoted:
            extra["context"] = {"from": LINE.metadata["display_phone_number"], "id": gesture.quoted}
        return webhooks.envelope(LINE, [webhooks.inbound(self.person, message, extra)])


def wamid_of(body: dict[str, Any]) -> str:
    """The id of the message in a delivery of ours."""
    return str(body["entry"][0]["changes"][0]["value"]["messages"][0]["id"])
