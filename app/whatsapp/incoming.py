"""One inbound message of any type as the graph's `Incoming`; what has no shape there becomes "unsupported", visibly."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.whatsapp import wire
from graph.messages import Incoming, Kind, Media
from tools.service_desk import Frozen

CARDS = TypeAdapter(list[wire.Card])
ERRORS = TypeAdapter(list[wire.Error])
MEDIA_KINDS: dict[str, Kind] = {
    "image": "image", "video": "video", "sticker": "sticker", "document": "document",
    "audio": "audio", "voice": "audio",
}  # fmt: skip


class Content(Frozen):
    """What a message says, without who and when."""

    kind: Kind
    text: str = ""
    payload: str = ""
    quoted: str = ""
    media: Media | None = None
    detail: str = ""


def incoming(head: wire.Message, item: dict[str, Any], at: datetime) -> Incoming:
    """The message with whatever of it can be shown."""
    content = _content(head.type, item)
    return Incoming(
        id=head.id,
        kind=content.kind,
        text=content.text,
        payload=content.payload,
        quoted=content.quoted or _quoted(head.context),
        media=content.media,
        detail=content.detail,
        at=at,
    )


def errors_of(value: Any) -> list[wire.Error]:
    """Meta's errors, as many as are readable."""
    try:
        return ERRORS.validate_python(value or [])
    except ValidationError:
        return []


def _content(kind: str, item: dict[str, Any]) -> Content:
    read = READERS.get(kind)
    try:
        return read(item) if read else _unsupported(kind, item)
    except ValidationError:
        return Content(kind="unsupported", detail=kind)


def _quoted(context: Any) -> str:
    quoted = context.get("id") if isinstance(context, dict) else None
    return quoted if isinstance(quoted, str) else ""


def _text(item: dict[str, Any]) -> Content:
    return Content(kind="text", text=wire.TextPart.model_validate(item.get("text")).body)


def _media(name: str) -> Callable[[dict[str, Any]], Content]:
    def read(item: dict[str, Any]) -> Content:
        part = wire.MediaPart.model_validate(item.get(name))
        media = Media(
            id=part.id,
            mime_type=part.mime_type[:255],
            name=part.filename[:255],
            sha256=part.sha256[:128],
            voice=part.voice or name == "voice",
        )
        return Content(kind=MEDIA_KINDS[name], text=part.caption, media=media)

    return read


def _location(item: dict[str, Any]) -> Content:
    part = wire.LocationPart.model_validate(item.get("location"))
    spot = f"{part.latitude:.6f},{part.longitude:.6f}"
    place = ", ".join(word for word in (part.name, part.address) if word)
    return Content(kind="location", text=place or spot, detail=spot)


def _contacts(item: dict[str, Any]) -> Content:
    names = [card.name.formatted_name or card.name.first_name for card in CARDS.validate_python(item.get("contacts"))]
    origin = item.get("origin")
    return Content(
        kind="contacts",
        text=", ".join(name for name in names if name),
        detail=origin if isinstance(origin, str) else "",
    )


def _interactive(item: dict[str, Any]) -> Content:
    part = wire.InteractivePart.model_validate(item.get("interactive"))
    tap = part.button_reply or part.list_reply
    if tap is None:
        return Content(kind="unsupported", detail=part.type)
    return Content(kind="tap", text=tap.title, payload=tap.id)


def _button(item: dict[str, Any]) -> Content:
    part = wire.ButtonPart.model_validate(item.get("button"))
    return Content(kind="tap", text=part.text, payload=part.payload)


def _reaction(item: dict[str, Any]) -> Content:
    part = wire.ReactionPart.model_validate(item.get("reaction"))
    return Content(kind="reaction", text=part.emoji, quoted=part.message_id)


def _order(item: dict[str, Any]) -> Content:
    return Content(kind="order", text=wire.OrderPart.model_validate(item.get("order")).text)


def _edit(item: dict[str, Any]) -> Content:
    part = wire.EditPart.model_validate(item.get("edit"))
    kind = part.message.get("type")
    inner = READERS.get(kind) if isinstance(kind, str) and kind != "edit" else None
    new = inner(part.message) if inner else Content(kind="edit")
    return Content(kind="edit", text=new.text, media=new.media, quoted=part.original_message_id, detail="edit")


def _revoke(item: dict[str, Any]) -> Content:
    part = wire.RevokePart.model_validate(item.get("revoke"))
    return Content(kind="revoke", quoted=part.original_message_id, detail="revoke")


def _unsupported(kind: str, item: dict[str, Any]) -> Content:
    """Say what it was: Meta's own name for it, else the type, else the error's number."""
    named = item.get("unsupported")
    detail = wire.UnsupportedPart.model_validate(named).type if isinstance(named, dict) else ""
    if not detail and kind not in {"unsupported", "unknown"}:
        detail = kind
    codes = [str(error.code) for error in errors_of(item.get("errors"))]
    return Content(kind="unsupported", detail=detail or next(iter(codes), "unknown"))


READERS: dict[str, Callable[[dict[str, Any]], Content]] = {
    "text": _text,
    **{name: _media(name) for name in MEDIA_KINDS},
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "reaction": _reaction,
    "order": _order,
    "edit": _edit,
    "revoke": _revoke,
}
