"""A received mail, read into the parts a mailbox shows."""

import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

_CODE = re.compile(r"(?<![\w.,/-])(\d{3}[ -]?\d{3})(?![\w/-])")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived; `recipients` are the envelope's, in lower case."""

    id: int
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str
    received_at: datetime
    raw: bytes

    @property
    def code(self) -> str | None:
        """The one-time code in the text, as six digits, if it holds one."""
        found = _CODE.search(self.text)
        return re.sub(r"\D", "", found[1]) if found else None

    def as_json(self) -> dict[str, Any]:
        """Return what the mailbox page draws."""
        shown = {"id": self.id, "sender": self.sender, "recipients": self.recipients, "subject": self.subject}
        state = {"received_at": self.received_at.isoformat(), "has_html": bool(self.html), "code": self.code}
        return shown | state | {"text": self.text}


def read_mail(sender: str, recipients: list[str], raw: bytes) -> Mail:
    """Parse a mail as received; broken ones are shown as far as they can be read."""
    message = message_from_bytes(raw, policy=default)
    return Mail(
        id=next(_numbers),
        sender=str(message.get("From", sender)),
        recipients=tuple(address.strip().lower() for address in recipients),
        subject=str(message.get("Subject", "")),
        text=_part(message, "plain"),
        html=_part(message, "html"),
        received_at=datetime.now(UTC),
        raw=raw,
    )


def _part(message: Any, subtype: str) -> str:
    if not isinstance(message, EmailMessage):
        return ""
    part = message.get_body(preferencelist=(subtype,))
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        return payload.decode(errors="replace") if isinstance(payload, bytes) else ""
