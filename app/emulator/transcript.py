"""What a person's phone holds: the messages of the one chat with the business."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

TYPING_LIFE = timedelta(seconds=25)
WINDOW = timedelta(hours=24)


@dataclass(frozen=True)
class Choice:
    """Something on a message that can be tapped."""

    id: str
    title: str
    description: str = ""
    kind: str = "button_reply"


@dataclass
class Message:
    """One bubble. `content` is the Cloud API object of its `kind`; `raw` is the business's whole request."""

    wamid: str
    kind: str
    content: dict[str, Any]
    at: datetime
    from_business: bool
    quoted: str | None = None
    state: str = "sent"
    seen: bool = True
    edited: bool = False
    revoked: bool = False
    reactions: dict[str, str] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The words on the bubble, without its buttons."""
        if self.kind == "interactive":
            return _interactive_text(self.content)
        if self.kind in ("text", "template"):
            return str(self.content.get("body", ""))
        if self.kind == "button":
            return str(self.content.get("text", ""))
        if self.kind == "location":
            return str(self.content.get("name") or self.content.get("address") or "")
        return str(self.content.get("caption") or self.content.get("filename") or "")

    @property
    def choices(self) -> list[Choice]:
        """What can be tapped, in the order shown."""
        action = self.content.get("action", {})
        buttons = [Choice(b["reply"]["id"], b["reply"]["title"]) for b in action.get("buttons", [])]
        rows = [row for part in action.get("sections", []) for row in part.get("rows", [])]
        listed = [Choice(r["id"], r["title"], r.get("description", ""), "list_reply") for r in rows]
        template = [Choice(b["payload"], b["text"], kind="button") for b in self.content.get("quick_replies", [])]
        return buttons + listed + template

    def as_json(self) -> dict[str, Any]:
        """Return what the phone page draws."""
        return {
            "wamid": self.wamid,
            "kind": self.kind,
            "content": {} if self.revoked else self.content,
            "text": "" if self.revoked else self.text,
            "at": self.at.isoformat(),
            "mine": not self.from_business,
            "quoted": self.quoted,
            "state": self.state,
            "edited": self.edited,
            "revoked": self.revoked,
            "reactions": list(self.reactions.values()),
        }


@dataclass
class Chat:
    """The messages between one person and the business, oldest first."""

    messages: list[Message] = field(default_factory=list)
    opened_at: datetime | None = None
    typing_until: datetime | None = None

    def find(self, wamid: str) -> Message | None:
        """Return a message by its id."""
        return next((message for message in reversed(self.messages) if message.wamid == wamid), None)

    def window_open(self, now: datetime) -> bool:
        """Tell whether the person wrote within the last 24 hours."""
        return self.opened_at is not None and now - self.opened_at <= WINDOW

    def is_typing(self, now: datetime) -> bool:
        """Tell whether the business is shown as typing."""
        return self.typing_until is not None and now < self.typing_until

    def holding(self, choice: str, on: str | None = None) -> tuple[Message, Choice] | None:
        """Find a choice by id, else by title, on the newest message or on the message `on`."""
        shown = [m for m in reversed(self.messages) if m.from_business and on in (None, m.wamid)]
        for wanted in ("id", "title"):
            for message in shown:
                for offered in message.choices:
                    if getattr(offered, wanted) == choice:
                        return message, offered
        return None

    def after(self, wamid: str | None) -> list[Message]:
        """Return the business's messages after one message, by default after the person's newest own."""
        start = 0
        for index, message in enumerate(self.messages):
            if message.wamid == wamid or (wamid is None and not message.from_business):
                start = index + 1
        return [message for message in self.messages[start:] if message.from_business]

    @property
    def unseen(self) -> int:
        """How many messages the phone page has not shown yet."""
        return sum(not message.seen for message in self.messages)


def _interactive_text(content: dict[str, Any]) -> str:
    reply = content.get("button_reply") or content.get("list_reply")
    if reply:
        return str(reply["title"])
    return str(content.get("body", {}).get("text", ""))
