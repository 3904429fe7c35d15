"""Approved message templates and how one looks on the phone."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.emulator.refusal import Refusal

UNUSABLE = {"PAUSED": 132015, "DISABLED": 132016}
_SLOT = re.compile(r"\{\{(\d+)\}\}")


@dataclass(frozen=True)
class Template:
    """A template: its body holds {{1}}, {{2}} …; `quick_replies` are button titles. Only an approved one is sent."""

    name: str
    language: str
    body: str
    quick_replies: tuple[str, ...] = ()
    category: str = "UTILITY"
    status: str = "APPROVED"
    rejected_reason: str = "NONE"

    def as_json(self) -> dict[str, Any]:
        """Return what `GET /{waba_id}/message_templates` lists."""
        buttons = [{"type": "QUICK_REPLY", "text": title} for title in self.quick_replies]
        components: list[dict[str, Any]] = [{"type": "BODY", "text": self.body}]
        components += [{"type": "BUTTONS", "buttons": buttons}] if buttons else []
        listed = {"name": self.name, "language": self.language, "status": self.status, "category": self.category}
        listed |= {"id": f"{self.name}.{self.language}", "rejected_reason": self.rejected_reason}
        return listed | {"components": components}


def render(templates: Sequence[Template], content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with `body` and `quick_replies` as the phone shows them; no templates = all are known.

    Raises:
        Refusal: 132001 for a template that is unknown or not approved, 132015 for a paused one, 132016 for a disabled
            one, 132000 for another number of parameters.
    """
    name, language = content["name"], content["language"]["code"]
    components: list[dict[str, Any]] = content.get("components", [])
    values = [value for part in components if part.get("type") == "body" for value in _texts(part)]
    if not templates:
        return content | {"body": " · ".join([name, *values]), "quick_replies": _replies(components, ())}
    known = next((each for each in templates if (each.name, each.language) == (name, language)), None)
    if known is not None and known.status in UNUSABLE:
        raise Refusal(UNUSABLE[known.status], f"template ({name}) is {known.status.lower()}")
    if known is None or known.status != "APPROVED":
        raise Refusal(132001, f"template name ({name}) does not exist in {language}")
    expected = len(set(_SLOT.findall(known.body)))
    if expected != len(values):
        raise Refusal(132000, f"body: number of localizable_params ({len(values)}) does not match ({expected})")
    body = _SLOT.sub(lambda slot: values[min(int(slot[1]), expected) - 1], known.body)
    return content | {"body": body, "quick_replies": _replies(components, known.quick_replies)}


def _texts(part: dict[str, Any]) -> list[str]:
    return [str(value.get("text", "")) for value in part.get("parameters", [])]


def _replies(components: list[dict[str, Any]], titles: Sequence[str]) -> list[dict[str, str]]:
    replies: list[dict[str, str]] = []
    for part in components:
        if part.get("type") == "button" and part.get("sub_type") == "quick_reply":
            index = int(part.get("index", len(replies)))
            payload = next((str(value.get("payload", "")) for value in part.get("parameters", [])), "")
            title = titles[index] if index < len(titles) else payload or str(index)
            replies.append({"payload": payload or title, "text": title})
    if not replies:
        replies = [{"payload": title, "text": title} for title in titles]
    return replies
