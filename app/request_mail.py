"""An agent's words by mail, for whom WhatsApp does not reach: all mails about one request are one thread."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.container import House
from app.db.models import OutboxEntry
from app.desk.models import AttachmentRow, RequestEvent, RequestRow
from app.identity.models import EmployeeRow
from app.identity.smtp import MailDeferredError, MailRefusedError, MailSender
from app.news import PARTS
from app.outbox import Claim, Slot, put
from app.settings import Settings
from app.uploads import media_type_of, stored_path
from app.ways import ways_to_reach
from app.whatsapp.errors import RefusedError, UnavailableError
from app.whatsapp.limits import MB, shorten
from prompts.texts import known_language, say

BY_MAIL = -6  # version of outbox entries that mail an event of a request
LONGEST_TITLE = 120  # characters of a request's title in a subject
LARGEST = 15 * MB  # of all files in one mail; many mail servers take 20 MB with the encoding


class NoMailError(Exception):
    """It cannot be mailed; `reason` is a word that pages have a sentence for (`ways.no_mail.REASON`)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class CommentMail:
    """One event of a request on its way to its requester; `files` are name and path below the data directory."""

    event_id: int
    number: int
    title: str
    author: str
    text: str
    address: str
    name: str
    language: str
    at: datetime
    files: tuple[tuple[str, str], ...] = ()


def send_by_mail(session: Session, event_id: int, settings: Settings, now: datetime, *, instead: bool = False) -> None:
    """Mail a public comment or a file of an agent's to the requester, in their language; asked for twice, it goes once.

    With `instead` it is not told on WhatsApp any more, if it was not yet: in the transaction that records the comment.

    Raises:
        NoMailError: not_public (nothing the requester may read), no_address (or no mail server), never_wrote.
    """
    event = session.get(RequestEvent, event_id)
    if event is None or not event.public or event.by == "employee" or event.kind not in ("comment", "attachment"):
        raise NoMailError("not_public")
    request = session.get_one(RequestRow, event.number)
    ways = ways_to_reach(session, request, settings)
    if not ways.mail:
        raise NoMailError("no_address")
    conversation = ways.conversation_id or int(request.conversation_id or 0)
    if not conversation:
        raise NoMailError("never_wrote")
    slot = Slot(conversation, BY_MAIL, event.id * PARTS)
    same = (OutboxEntry.version == BY_MAIL, OutboxEntry.part == slot.part)
    if instead:
        event.tell = event.told_at is not None
    if session.scalar(select(OutboxEntry.id).where(OutboxEntry.conversation_id == conversation, *same)) is None:
        put(session, slot, "comment_mail", {"event": event.id}, now=now)


class CommentMailCarrier:
    """Mails what `send_by_mail` put into the outbox; sent twice, it is the same mail again."""

    def __init__(self, house: House, sender: MailSender) -> None:
        self._house, self._sender = house, sender

    async def __call__(self, claim: Claim) -> None:
        """Write it from what the request holds now, and hand it to the mail server."""
        event_id = int(claim.body["event"])
        mail = await self._house.database.read(lambda s: _open(s, event_id))
        if mail is None:
            raise RefusedError("the request or its requester is gone")
        files = await asyncio.to_thread(self._read_files, mail)
        message = written(mail, files, company=self._house.settings.company.name, sender=self._sender.sender)
        try:
            await self._sender.send(message)
        except MailDeferredError as error:
            raise UnavailableError(str(error)) from None
        except MailRefusedError as error:
            raise RefusedError(str(error)) from None

    def _read_files(self, mail: CommentMail) -> list[tuple[str, bytes]]:
        """As many as one mail holds."""
        read: list[tuple[str, bytes]] = []
        left = LARGEST
        for name, path in mail.files:
            stored = stored_path(self._house.settings.data_dir, path)
            if stored is not None and stored.stat().st_size <= left:
                read.append((name, stored.read_bytes()))
                left -= len(read[-1][1])
        return read


def _open(session: Session, event_id: int) -> CommentMail | None:
    event = session.get(RequestEvent, event_id)
    request = session.get(RequestRow, event.number) if event else None
    employee = session.get(EmployeeRow, request.employee_id) if request else None
    if event is None or request is None or employee is None or not employee.active or not employee.email:
        return None
    files = session.execute(
        select(AttachmentRow.name, AttachmentRow.path)
        .where(AttachmentRow.event_id == event.id, AttachmentRow.path != "")
        .order_by(AttachmentRow.id)
    )
    return CommentMail(
        event_id=event.id,
        number=request.number,
        title=request.title,
        author=event.author,
        text=event.text,
        address=employee.email,
        name=employee.name,
        language=employee.language,
        at=event.at,
        files=tuple((name, path) for name, path in files),
    )


def written(mail: CommentMail, files: list[tuple[str, bytes]], *, company: str, sender: str) -> EmailMessage:
    """The mail as plain text with its files; a thread's root is never sent, so that any of its mails may be lost."""
    language, house = known_language(mail.language), " ".join(company.split())
    first = next(iter(mail.name.split()), "")
    domain = sender.rpartition("@")[2]
    root = f"<request.{mail.number}@{domain}>"
    message = EmailMessage(policy=SMTP)
    message["Subject"] = say(language, "mail_subject", number=mail.number, title=shorten(mail.title, LONGEST_TITLE))
    message["From"] = Address(house, addr_spec=sender)
    message["To"] = Address(" ".join(mail.name.split()), addr_spec=mail.address)
    message["Date"] = mail.at
    message["Message-ID"] = f"<{mail.event_id}.request.{mail.number}@{domain}>"
    message["In-Reply-To"] = root
    message["References"] = root
    message["Content-Language"] = language
    values = {"name": first, "author": mail.author, "number": mail.number, "text": mail.text, "company": house}
    message.set_content(say(language, "mail_comment", **values), cte="quoted-printable")
    for name, content in files:
        kind, _, subtype = (media_type_of(content) or "application/octet-stream").partition("/")
        message.add_attachment(content, maintype=kind, subtype=subtype, filename=name)
    return message
