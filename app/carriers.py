"""How each kind of outbox entry is carried out: a message or a file to WhatsApp, a file from it, a mail."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.container import House
from app.db.models import Conversation, InboxMessage, MediaFile
from app.delivery import Carrier
from app.desk.models import AttachmentRow
from app.identity.lapsed import tell_rejected
from app.identity.mail import CodeMailer
from app.identity.models import OneTimeCode
from app.identity.smtp import MailDeferredError, MailRefusedError
from app.inbox import OPAQUE_PREFIX
from app.outbox import BETWEEN_TURNS, Claim
from app.thinking.costs import keep
from app.thinking.listening import Heard, Listener
from app.uploads import media_type_of, stored_path
from app.whatsapp.address import Address
from app.whatsapp.client import CloudApi
from app.whatsapp.errors import FILE_GONE, RefusedError, SendError, UnavailableError
from app.whatsapp.media import download, upload
from app.whatsapp.outbound import kind_of, media

MEDIA_FOLDER = "media"  # below the data directory that all processes share
NOTHING = Heard()


def carriers(house: House, api: CloudApi, mails: Mapping[str, Carrier], listener: Listener) -> Mapping[str, Carrier]:
    """One for each kind in `outbox.LANES`; `mails` are those of the mail lanes."""
    messages: dict[str, Carrier] = {"message": MessageCarrier(api), "file": FileCarrier(house, api)}
    return {**messages, "fetch": FetchCarrier(house, api, listener), **mails}


class MessageCarrier:
    """Sends a Cloud API message; the outbox entry's id rides along and comes back in its statuses."""

    def __init__(self, api: CloudApi) -> None:
        self._api = api

    async def __call__(self, claim: Claim) -> str:
        """Send it; returns its wamid."""
        address = Address(bsuid=claim.bsuid, wa_id=claim.wa_id)
        return (await self._api.send(address, claim.body, opaque=f"{OPAQUE_PREFIX}{claim.id}")).wamid


class FileCarrier:
    """Uploads a file of an agent's reply and sends it; uploaded again after a lost answer, the first is forgotten."""

    def __init__(self, house: House, api: CloudApi) -> None:
        self._house, self._api = house, api

    async def __call__(self, claim: Claim) -> str:
        """Send it as what it is by its content; returns its wamid."""
        attachment_id = int(claim.body["attachment"])
        name, path = await self._house.database.read(lambda s: _stored(s, attachment_id))
        stored = stored_path(self._house.settings.data_dir, path)
        content = await asyncio.to_thread(stored.read_bytes) if stored else b""
        if stored is None:
            raise RefusedError(FILE_GONE)
        mime_type = media_type_of(content)
        kind = kind_of(mime_type)
        try:
            media_id = await upload(self._api, content, mime_type=mime_type, name=name)
        except UnavailableError as error:  # nothing was sent yet
            raise UnavailableError(error.reason, code=error.code, status=error.status) from None
        (message,) = media(kind, media_id, filename=name)
        address = Address(bsuid=claim.bsuid, wa_id=claim.wa_id)
        return (await self._api.send(address, message, opaque=f"{OPAQUE_PREFIX}{claim.id}")).wamid


def _stored(session: Session, attachment_id: int) -> tuple[str, str]:
    """A file's name and its path below the data directory; "" when it is gone."""
    row = session.get(AttachmentRow, attachment_id)
    return (row.name, row.path) if row else ("", "")


class MailCarrier:
    """Mails a one-time code; sent twice, it is the same mail again."""

    def __init__(self, house: House, mailer: CodeMailer) -> None:
        self._house, self._mailer = house, mailer

    async def __call__(self, claim: Claim) -> None:
        """Hand it to the mail server, unless a newer code has taken its place: one that works is enough to confuse."""
        ref = claim.body.get("ref", "")
        if await self._house.database.read(lambda s: _is_replaced(s, ref)):
            raise RefusedError("a newer code took its place")
        try:
            await self._mailer.deliver(claim.id, claim.body, now=self._house.clock())
        except MailDeferredError as error:
            raise UnavailableError(str(error)) from None
        except MailRefusedError as error:
            await self._house.database.write(lambda s: tell_rejected(s, ref, self._house.clock()))
            raise RefusedError(str(error)) from None


def _is_replaced(session: Session, ref: str) -> bool:
    return session.scalar(select(OneTimeCode.replaced_at).where(OneTimeCode.ref == ref)) is not None


class FetchCarrier:
    """Brings a file an employee sent to our disk, and its words where a model for that is configured.

    A file that cannot be had is noted, and the conversation goes on.
    """

    def __init__(self, house: House, api: CloudApi, listener: Listener) -> None:
        self._house, self._api, self._listener = house, api, listener

    async def __call__(self, claim: Claim) -> None:
        """Fetch it; fetching twice does no harm, so nothing about it is ambiguous."""
        wamid = claim.body["wamid"]
        media_id, kind, language = await self._house.database.read(lambda s: _sent(s, wamid))
        folder = self._house.settings.data_dir / MEDIA_FOLDER
        folder.mkdir(exist_ok=True, mode=0o700)
        target = folder / f"{claim.conversation_id}-{claim.id}"
        try:
            found = await download(self._api, media_id, target)
        except RefusedError as refused:
            await self._note(wamid, state="failed", error=refused.reason)
            raise
        except UnavailableError as error:
            raise UnavailableError(error.reason, code=error.code, status=error.status) from None
        except OSError as error:
            raise SendError(f"the file cannot be written: {error.strerror}") from None
        heard = await self._listener.hear(target, kind, found.mime_type, language)
        await self._note(wamid, state="stored", path=target, heard=heard)

    async def _note(
        self, wamid: str, *, state: str, error: str = "", path: Path | None = None, heard: Heard = NOTHING
    ) -> None:
        def note(session: Session) -> None:
            file = session.get(MediaFile, wamid)
            if file is None:  # erased while it was fetched
                if path is not None:
                    path.unlink(missing_ok=True)
                return
            if file.state == "waiting":
                keep_words(session, wamid, heard, self._house.clock())
            file.state, file.error = state, error
            if path is not None:
                file.path = str(path.relative_to(self._house.settings.data_dir))

        await self._house.database.write(note)


def _sent(session: Session, wamid: str) -> tuple[str, str, str]:
    """A file's media id, the kind of message it came with, and the conversation's language."""
    file = session.get_one(MediaFile, wamid)
    kind = session.scalar(select(InboxMessage.body["kind"].as_string()).where(InboxMessage.wamid == wamid))
    return file.media_id, kind or "", session.get_one(Conversation, file.conversation_id).language


def keep_words(session: Session, wamid: str, heard: Heard, now: datetime) -> None:
    """The words of a file become the words of its message, below its caption; once, with what they cost."""
    message = session.scalars(select(InboxMessage).where(InboxMessage.wamid == wamid)).first()
    if message is None:
        return
    if heard.words:
        said = "\n".join(filter(None, (message.body.get("text", ""), heard.words)))
        message.body = message.body | {"text": said}
    if heard.call is not None:
        keep(session, message.conversation_id, BETWEEN_TURNS, [heard.call], now)
