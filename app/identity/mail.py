"""The mail that carries a one-time code: opened, worded in three languages, sent.

The subject does not hold the code: subjects show on locked screens and stay in the logs of mail servers.
The name somebody chose on WhatsApp is not in it either: it would be a stranger's words under the company's name.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.identity.keys import SealBrokenError, SecretKeys
from app.identity.smtp import MailDeferredError, MailRefusedError, MailSender
from retrieval.passage import Language

__all__ = ["CodeMail", "CodeMailer", "MailDeferredError", "MailRefusedError", "MailSender", "open_code_mail", "wiped"]

TEMPLATES = Path(__file__).parent / "templates"
WORDS = ("subject", "greeting", "opening", "life", "asked", "never", "ignore")


@dataclass(frozen=True, slots=True)
class CodeMail:
    """One code on its way; `asked_by` is the end of the WhatsApp number that asked, "" when it is hidden."""

    ref: str
    address: str
    name: str
    language: Language
    timezone: str
    code: str
    asked_at: datetime
    expires_at: datetime
    asked_by: str = ""

    def __repr__(self) -> str:
        return f"CodeMail({self.ref})"


class CodeMailer:
    """Sends what `apply_identity` put in the outbox. The caller empties the entry's body with `wiped` afterwards."""

    def __init__(self, sender: MailSender, keys: SecretKeys, *, company: str) -> None:
        self._sender = sender
        self._keys = keys
        self._company = company

    async def deliver(self, outbox_id: int | str, body: dict[str, Any], *, now: datetime) -> None:
        """Send the code of one outbox entry; a second try of the same entry has the same Message-ID.

        Raises:
            MailDeferredError: try again.
            MailRefusedError: never; also when the code has expired or cannot be opened with the present key.
        """
        mail = open_code_mail(body, self._keys)
        if now >= mail.expires_at:
            raise MailRefusedError("the code expired before it could be sent")
        await self._sender.send(render(mail, outbox_id, company=self._company, sender=self._sender.sender))


def open_code_mail(body: dict[str, Any], keys: SecretKeys) -> CodeMail:
    """The mail of an outbox entry.

    Raises:
        MailRefusedError: wiped, or sealed with another key.
    """
    try:
        letter = keys.unseal(body["sealed"], ref=body["ref"])
    except (KeyError, SealBrokenError):
        raise MailRefusedError("the sealed mail cannot be opened any more") from None
    letter |= {name: datetime.fromisoformat(letter[name]) for name in ("asked_at", "expires_at")}
    return CodeMail(ref=body["ref"], asked_by=body.get("asked_by", ""), **letter)


def wiped(body: dict[str, Any]) -> dict[str, Any]:
    """What may stay of an entry once it is sent or given up."""
    return {"ref": body.get("ref", "")}


def render(mail: CodeMail, outbox_id: int | str, *, company: str, sender: str) -> EmailMessage:
    """The mail as text and HTML; nothing in it is fetched from anywhere."""
    house = " ".join(company.split())
    values = _values(mail, house)
    words = _words(mail.language, values)
    message = EmailMessage(policy=SMTP)
    message["Subject"] = words["subject"]
    message["From"] = Address(house, addr_spec=sender)
    message["To"] = Address(" ".join(mail.name.split()), addr_spec=mail.address)
    message["Date"] = mail.asked_at
    message["Message-ID"] = f"<{outbox_id}.{mail.ref}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message["Content-Language"] = mail.language
    shown = {"words": words, "code": mail.code, "language": mail.language, "company": house}
    message.set_content(_templates().get_template("code.txt").render(shown), cte="quoted-printable")
    html = _templates().get_template("code.html").render(shown)
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


def _values(mail: CodeMail, company: str) -> dict[str, str | int]:
    local = mail.asked_at.astimezone(ZoneInfo(mail.timezone))
    locale = mail.language.replace("-", "_")
    moment = f"{format_date(local, 'long', locale=locale)}, {format_time(local, 'HH:mm', locale=locale)}"
    place = mail.timezone.rpartition("/")[2].replace("_", " ")
    life = (mail.expires_at - mail.asked_at) // timedelta(minutes=1)
    first = mail.name.split()[0] if mail.name.strip() else ""
    return {
        "first_name": first,
        "company": company,
        "moment": f"{moment} ({place})",
        "minutes": life,
        "number": mail.asked_by,
    }


def _words(language: Language, values: dict[str, Any]) -> dict[str, str]:
    """Plain words of one language; the HTML template escapes them."""
    known = language if language in get_args(Language) else "pt-BR"
    module = _templates().get_template(f"words.{known}.txt").make_module(values)
    return {name: " ".join(str(getattr(module, name)).split()) for name in WORDS}
