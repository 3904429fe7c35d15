"""What a person does on the phone, as the message it becomes."""

import json
from dataclasses import dataclass, field
from typing import Any

from app.emulator.transcript import Chat


class UnknownGestureError(ValueError):
    """The phone cannot do that: the sentence says why."""


@dataclass(frozen=True)
class Gesture:
    """A message about to be sent by a person: type, its object, the quoted wamid, and keys beside the object."""

    kind: str
    content: dict[str, Any]
    quoted: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def text(words: str, quoted: str | None = None) -> Gesture:
    """Write words, quoting a message or not."""
    return Gesture("text", {"body": words}, quoted)


def tap(chat: Chat, choice_id: str, on: str | None = None) -> Gesture:
    """Tap a button or list row; the newest message that holds it, or the message `on`.

    Raises:
        UnknownGestureError: nothing on the phone offers that choice.
    """
    found = chat.holding(choice_id, on)
    if found is None:
        offered = [choice.id for message in chat.messages for choice in message.choices]
        raise UnknownGestureError(f"no message offers {choice_id!r}; offered so far: {offered}")
    message, choice = found
    if choice.kind == "button":
        return Gesture("button", {"payload": choice.id, "text": choice.title}, message.wamid)
    reply = {"id": choice.id, "title": choice.title}
    if choice.description:
        reply["description"] = choice.description
    return Gesture("interactive", {"type": choice.kind, choice.kind: reply}, message.wamid)


def react(emoji: str, on: str) -> Gesture:
    """React to a message; an empty emoji takes the reaction back."""
    content = {"message_id": on} | ({"emoji": emoji} if emoji else {})
    return Gesture("reaction", content)


def file(kind: str, media: dict[str, Any], caption: str = "", filename: str = "", quoted: str | None = None) -> Gesture:
    """Send an uploaded file as image, video, audio, document or sticker."""
    if kind not in ("image", "video", "audio", "document", "sticker"):
        raise UnknownGestureError(f"{kind!r} is no kind of file")
    content = dict(media)
    if caption and kind in ("image", "video", "document"):
        content["caption"] = caption
    if kind == "document":
        content["filename"] = filename or "file"
    if kind == "audio":
        content["voice"] = True
    if kind == "sticker":
        content["animated"] = False
    return Gesture(kind, content, quoted)


def location(latitude: float, longitude: float, name: str = "", address: str = "") -> Gesture:
    """Share a place."""
    content: dict[str, Any] = {"latitude": latitude, "longitude": longitude}
    content |= {"name": name} if name else {}
    content |= {"address": address} if address else {}
    return Gesture("location", content)


def contact_card(name: str, phone: str, origin: str = "other") -> Gesture:
    """Share a contact card; `origin` is "contact_request" when the business asked for it."""
    card = {"name": {"formatted_name": name, "first_name": name}, "phones": [{"phone": phone, "type": "CELL"}]}
    return Gesture("contacts", {"cards": [card]}, extra={"contacts": [card], "origin": origin})


def unsupported(kind: str = "poll") -> Gesture:
    """Send something the Cloud API cannot carry, such as a poll or a view-once picture."""
    details = {"details": "Message type is currently not supported."}
    error = {"code": 131051, "title": "Message type unknown", "message": "Message type unknown", "error_data": details}
    return Gesture("unsupported", {"type": kind}, extra={"errors": [error]})


def edit(original: str, words: str, *, coexistence: bool = False) -> Gesture:
    """Edit a message: an `edit` for coexistence numbers, otherwise the `unsupported` a normal number gets."""
    if not coexistence:
        return unsupported("edit")
    changed = {"type": "text", "text": {"body": words}}
    return Gesture("edit", {"original_message_id": original, "message": changed})


def revoke(original: str) -> Gesture:
    """Delete a message for everyone."""
    return Gesture("revoke", {"original_message_id": original})


def flow_reply(answers: dict[str, Any]) -> Gesture:
    """Send a filled-in form (a WhatsApp Flow)."""
    reply = {"name": "flow", "body": "Sent", "response_json": json.dumps(answers)}
    return Gesture("interactive", {"type": "nfm_reply", "nfm_reply": reply})
