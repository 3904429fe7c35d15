"""Checks an outbound message against every documented limit of the Cloud API."""

from typing import Any

from app.emulator.refusal import Refusal

Json = dict[str, Any]

_MEDIA = ("image", "video", "audio", "document", "sticker")
_CAPTIONED = ("image", "video", "document")


def check(body: Json) -> str:
    """Return the type of a valid message body.

    Raises:
        Refusal: what Meta would answer, naming the parameter.
    """
    if body.get("messaging_product") != "whatsapp":
        raise Refusal(100, "messaging_product must be 'whatsapp'.")
    kind = body.get("type", "text")
    checker = _CHECKERS.get(kind) if isinstance(kind, str) else None
    if checker is None:
        raise Refusal(100, f"type must be one of {', '.join(_CHECKERS)}.")
    checker(section(body, kind, kind))
    _check_envelope(body)
    return str(kind)


def length(text: str) -> int:
    """Measure as the strictest reading of Meta's limits does: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def section(holder: Json, key: str, path: str) -> Json:
    """Return a nested object.

    Raises:
        Refusal: it is missing or not an object.
    """
    found = holder.get(key)
    if found is None:
        raise Refusal(131008, f"The parameter {path} is required.")
    if not isinstance(found, dict):
        raise Refusal(100, f"{path} must be a JSON object.")
    return found


def text(holder: Json, key: str, path: str, limit: int, *, required: bool = True) -> str:
    """Return a string within its limit.

    Raises:
        Refusal: it is missing, empty, not a string or too long.
    """
    found = holder.get(key)
    if found is None and not required:
        return ""
    if found is None or found == "":
        raise Refusal(131008, f"The parameter {path} is required.")
    if not isinstance(found, str):
        raise Refusal(100, f"{path} must be a string.")
    if length(found) > limit:
        raise Refusal(131009, f"{path} must be at most {limit} characters, got {length(found)}.")
    return found


def items(holder: Json, key: str, path: str, most: int) -> list[Json]:
    """Return a list of 1 to `most` objects.

    Raises:
        Refusal: too few, too many, or not objects.
    """
    found = holder.get(key)
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Refusal(131008, f"The parameter {path} is required and must be a list of objects.")
    if not 1 <= len(found) <= most:
        raise Refusal(131009, f"{path} must have between 1 and {most} elements, got {len(found)}.")
    return found


def objects(holder: Json, key: str, path: str) -> list[Json]:
    """Return a list of objects that may be absent.

    Raises:
        Refusal: it is something else.
    """
    found = holder.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Refusal(100, f"{path} must be a list of objects.")
    return found


def _check_envelope(body: Json) -> None:
    text(body, "biz_opaque_callback_data", "biz_opaque_callback_data", 512, required=False)
    if "context" in body:
        text(section(body, "context", "context"), "message_id", "context.message_id", 256)
        if body.get("type") == "reaction":
            raise Refusal(131009, "A reaction cannot be a contextual reply.")


def _check_text(content: Json) -> None:
    text(content, "body", "text.body", 4096)
    if not isinstance(content.get("preview_url", False), bool):
        raise Refusal(100, "text.preview_url must be a boolean.")


def _check_media(kind: str, content: Json) -> None:
    if not content.get("id") and not content.get("link"):
        raise Refusal(131008, f"{kind}.id or {kind}.link is required.")
    if "caption" in content and kind not in _CAPTIONED:
        raise Refusal(100, f"{kind}.caption is not allowed.")
    text(content, "caption", f"{kind}.caption", 1024, required=False)


def _check_location(content: Json) -> None:
    for key, most in (("latitude", 90.0), ("longitude", 180.0)):
        try:
            inside = abs(float(content[key])) <= most
        except (KeyError, TypeError, ValueError):
            inside = False
        if not inside:
            raise Refusal(131009, f"location.{key} must be a number between -{most:.0f} and {most:.0f}.")


def _check_reaction(content: Json) -> None:
    text(content, "message_id", "reaction.message_id", 256)
    if not isinstance(content.get("emoji"), str):
        raise Refusal(131008, "The parameter reaction.emoji is required.")


def _check_template(content: Json) -> None:
    name = text(content, "name", "template.name", 512)
    if not all(char.islower() or char.isdigit() or char == "_" for char in name):
        raise Refusal(131009, "template.name may only hold lower-case letters, digits and underscores.")
    text(section(content, "language", "template.language"), "code", "template.language.code", 10)
    for part in objects(content, "components", "template.components"):
        for value in objects(part, "parameters", "template.components.parameters"):
            for key in ("text", "payload"):
                text(value, key, f"template.components.parameters.{key}", 1024, required=False)
        if not str(part.get("index", "0")).isdecimal():
            raise Refusal(100, "template.components.index must be a number.")


def _check_interactive(content: Json) -> None:
    checker = _INTERACTIVE.get(str(content.get("type")))
    if checker is None:
        raise Refusal(100, f"interactive.type must be one of {', '.join(_INTERACTIVE)}.")
    most = 4096 if content["type"] == "list" else 1024
    text(section(content, "body", "interactive.body"), "text", "interactive.body.text", most)
    if "footer" in content:
        text(section(content, "footer", "interactive.footer"), "text", "interactive.footer.text", 60)
    if "header" in content:
        _check_header(section(content, "header", "interactive.header"), content["type"])
    checker(section(content, "action", "interactive.action"))


def _check_header(header: Json, interactive: str) -> None:
    kind = header.get("type")
    if kind == "text":
        text(header, "text", "interactive.header.text", 60)
    elif kind not in _CAPTIONED or interactive == "list":
        raise Refusal(131009, f"interactive.header.type {kind!r} is not allowed for {interactive}.")


def _check_buttons(action: Json) -> None:
    buttons = items(action, "buttons", "interactive.action.buttons", 3)
    replies = [section(button, "reply", "interactive.action.buttons.reply") for button in buttons]
    for reply in replies:
        text(reply, "id", "interactive.action.buttons.reply.id", 256)
        text(reply, "title", "interactive.action.buttons.reply.title", 20)
    for key in ("id", "title"):
        if len({reply[key] for reply in replies}) < len(replies):
            raise Refusal(131009, f"interactive.action.buttons.reply.{key} must be unique.")


def _check_list(action: Json) -> None:
    text(action, "button", "interactive.action.button", 20)
    sections = items(action, "sections", "interactive.action.sections", 10)
    rows = [row for part in sections for row in items(part, "rows", "interactive.action.sections.rows", 10)]
    if len(rows) > 10:
        raise Refusal(131009, f"interactive.action.sections may hold 10 rows in total, got {len(rows)}.")
    for part in sections:
        text(part, "title", "interactive.action.sections.title", 24, required=len(sections) > 1)
    for row in rows:
        text(row, "id", "interactive.action.sections.rows.id", 200)
        text(row, "title", "interactive.action.sections.rows.title", 24)
        text(row, "description", "interactive.action.sections.rows.description", 72, required=False)
    if len({row["id"] for row in rows}) < len(rows):
        raise Refusal(131009, "interactive.action.sections.rows.id must be unique.")


def _check_cta_url(action: Json) -> None:
    parameters = section(action, "parameters", "interactive.action.parameters")
    text(parameters, "display_text", "interactive.action.parameters.display_text", 20)
    url = text(parameters, "url", "interactive.action.parameters.url", 2000)
    if not url.startswith(("https://", "http://")):
        raise Refusal(131009, "interactive.action.parameters.url must be an http or https address.")


def _check_request_contact(_action: Json) -> None:
    """Accept: this kind has no parameters."""


_INTERACTIVE = {
    "button": _check_buttons,
    "list": _check_list,
    "cta_url": _check_cta_url,
    "request_contact_info": _check_request_contact,
}


def _media_checker(kind: str) -> Any:
    return lambda content: _check_media(kind, content)


_CHECKERS: dict[str, Any] = {
    "text": _check_text,
    "interactive": _check_interactive,
    "template": _check_template,
    "reaction": _check_reaction,
    "location": _check_location,
    **{kind: _media_checker(kind) for kind in _MEDIA},
}
