"""What goes out as Cloud API message objects, every limit of Meta's checked before anything is sent."""

import re
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

from app.whatsapp import limits
from app.whatsapp.errors import WRONG_TYPE, RefusedError
from graph.messages import Buttons, Choice, Link, Menu, Reply, Text

Json = dict[str, Any]
MediaKind = Literal["image", "audio", "video", "document", "sticker"]

TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}")
WITHOUT_CAPTION = ("audio", "sticker")


def render(reply: Reply) -> tuple[Json, ...]:
    """One or more messages, in order, that say this reply.

    Long words go ahead as texts and the buttons come with the last of them; titles are shortened at word ends and
    made unique. Raises `RefusedError` for what cannot be made to fit: nothing to say, ids too long or twice, too many.
    """
    if isinstance(reply, Text):
        parts = [_text(part) for part in limits.split(_said(reply.body))]
        if reply.quote:
            parts[0]["context"] = {"message_id": reply.quote}
        return tuple(parts)
    if isinstance(reply, Buttons):
        return _with_body(reply.body, limits.BODY, "button", _buttons(reply.choices), reply.footer)
    if isinstance(reply, Menu):
        return _with_body(reply.body, limits.MENU_BODY, "list", _rows(reply), reply.footer)
    return _with_body(reply.body, limits.BODY, "cta_url", _link(reply), "")


def template(name: str, language: str, words: Sequence[str] = (), payloads: Sequence[str] = ()) -> Json:
    """An approved template with the words of its body and the payloads of its quick replies."""
    if not TEMPLATE_NAME.fullmatch(name):
        raise RefusedError("a template's name has lower-case letters, digits and underscores only")
    components: list[Json] = []
    if words:
        # Meta refuses line ends, tabs and runs of spaces in parameters.
        parameters = [{"type": "text", "text": limits.shorten(word, limits.BODY) or "-"} for word in words]
        components.append({"type": "body", "parameters": parameters})
    for index, payload in enumerate(payloads):
        _check_id(payload, limits.BUTTON_ID)
        parameters = [{"type": "payload", "payload": payload}]
        components.append({"type": "button", "sub_type": "quick_reply", "index": str(index), "parameters": parameters})
    return {
        "type": "template",
        "template": {"name": name, "language": {"code": language}, "components": components},
    }


def reaction(wamid: str, emoji: str) -> Json:
    """An emoji on a message of theirs; "" takes it back."""
    return {"type": "reaction", "reaction": {"message_id": wamid, "emoji": emoji}}


def kind_of(mime_type: str) -> MediaKind:
    """As what WhatsApp shows a file of this type. A WebP picture is for stickers only: raises `RefusedError`."""
    if mime_type == "image/webp":
        raise RefusedError(WRONG_TYPE)
    kinds: tuple[MediaKind, ...] = ("image", "audio", "video")
    return next((kind for kind in kinds if mime_type.startswith(f"{kind}/")), "document")


def media(kind: MediaKind, media_id: str, *, caption: str = "", filename: str = "") -> tuple[Json, ...]:
    """An uploaded file; a caption that is too long or not allowed with this kind follows as text."""
    part: Json = {"id": media_id}
    if filename and kind == "document":
        part["filename"] = filename[:240]
    fits = kind not in WITHOUT_CAPTION and limits.units(caption) <= limits.CAPTION
    if caption.strip() and fits:
        part["caption"] = caption
    follow = () if fits or not caption.strip() else tuple(_text(words) for words in limits.split(caption))
    return ({"type": kind, kind: part}, *follow)


def _text(body: str) -> Json:
    return {"type": "text", "text": {"body": body, "preview_url": False}}


def _said(body: str) -> str:
    if not body.strip():
        raise RefusedError("there is nothing to say")
    return body


def _with_body(body: str, limit: int, kind: str, action: Json, footer: str) -> tuple[Json, ...]:
    """Texts for what does not fit, then the interactive message with the end of it."""
    start, end = list(limits.spans(_said(body), limit))[-1]
    interactive: Json = {"type": kind, "body": {"text": body[start:end]}, "action": action}
    if footer.strip():
        interactive["footer"] = {"text": limits.shorten(footer, limits.FOOTER)}
    ahead = [_text(part) for part in limits.split(body[:start])]
    return (*ahead, {"type": "interactive", "interactive": interactive})


def _buttons(choices: Sequence[Choice]) -> Json:
    _check_choices(choices, most=limits.BUTTONS, longest_id=limits.BUTTON_ID)
    titles = _unique([choice.title for choice in choices], limits.BUTTON_TITLE)
    replies = [{"id": choice.id, "title": title} for choice, title in zip(choices, titles, strict=True)]
    return {"buttons": [{"type": "reply", "reply": reply} for reply in replies]}


def _rows(menu: Menu) -> Json:
    _check_choices(menu.choices, most=limits.ROWS, longest_id=limits.ROW_ID)
    titles = _unique([choice.title for choice in menu.choices], limits.ROW_TITLE)
    rows = [_row(choice, title) for choice, title in zip(menu.choices, titles, strict=True)]
    return {"button": _titled(menu.button, limits.BUTTON_TITLE), "sections": [{"rows": rows}]}


def _row(choice: Choice, title: str) -> Json:
    """A row; a title that had to be cut is told whole in the description when there is room."""
    description = choice.description or (choice.title if limits.units(choice.title) > limits.ROW_TITLE else "")
    row: Json = {"id": choice.id, "title": title}
    if description.strip():
        row["description"] = limits.shorten(description, limits.ROW_DESCRIPTION)
    return row


def _link(link: Link) -> Json:
    try:
        address = urlsplit(link.url)
    except ValueError:
        raise RefusedError("a link's address cannot be read") from None
    if address.scheme not in {"http", "https"} or not address.hostname or limits.units(link.url) > limits.URL:
        raise RefusedError("a link needs an http or https address of at most 2000 characters")
    label = _titled(link.label, limits.BUTTON_TITLE)
    return {"name": "cta_url", "parameters": {"display_text": label, "url": link.url}}


def _check_choices(choices: Sequence[Choice], *, most: int, longest_id: int) -> None:
    if not 1 <= len(choices) <= most:
        raise RefusedError(f"between 1 and {most} choices, not {len(choices)}")
    for choice in choices:
        _check_id(choice.id, longest_id)
    if len({choice.id for choice in choices}) < len(choices):
        raise RefusedError("two choices have the same id")


def _check_id(name: str, longest: int) -> None:
    if not name.strip() or limits.units(name) > longest:
        raise RefusedError(f"an id needs 1 to {longest} characters")


def _titled(title: str, limit: int) -> str:
    short = limits.shorten(title, limit)
    if not short:
        raise RefusedError("a title is empty")
    return short


def _unique(titles: Sequence[str], limit: int) -> list[str]:
    """The titles, short enough; one that is already there gets a number."""
    taken: list[str] = []
    for title in titles:
        short, number = _titled(title, limit), 1
        while short in taken:
            number += 1
            short = f"{_titled(title, limit - 1 - len(str(number)))} {number}"
        taken.append(short)
    return taken
