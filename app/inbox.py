"""The inbox: what Meta delivered, kept in one commit before it is acknowledged, each thing once.

Statuses settle the outbox in the same commit; they need no thinking and leave no row behind.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Row, bindparam, delete, exists, select, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from app import outbox
from app.db.base import Base
from app.db.engine import Database
from app.db.models import ContactAlias, Conversation, InboxMessage, MediaFile, Notice, OutboxEntry
from app.identity.sessions import end_session
from app.metrics import RECEIVED
from app.whatsapp.address import Address, canonical_number
from app.whatsapp.codes import error_for
from app.whatsapp.errors import ChannelStoppedError, ThrottledError, UnavailableError, WindowClosedError
from app.whatsapp.payload import Delivery, Message, StatusUpdate
from app.whatsapp.payload import Notice as NoticeItem

OPAQUE_PREFIX = "ob:"  # of biz_opaque_callback_data: the outbox entry's id follows
FAILED_PAUSE = timedelta(seconds=6)  # Meta's pair rate: one message in 6 s
Known = Row[str, int, str, str, str, bool]  # the columns of KNOWN
CHANGES = ("user_changed_number", "user_changed_user_id")

# What every message runs is put together once: building and compiling these cost four times what running them does.
KNOWN = (
    select(
        ContactAlias.alias,
        Conversation.id,
        Conversation.bsuid,
        Conversation.wa_id,
        Conversation.profile_name,
        exists().where(OutboxEntry.conversation_id == Conversation.id, OutboxEntry.state == "held").label("held"),
    )
    .join_from(ContactAlias, Conversation, Conversation.id == ContactAlias.conversation_id)
    .where(
        ContactAlias.phone_number_id == bindparam("ours"),
        ContactAlias.alias.in_((bindparam("first"), bindparam("last"))),
    )
)
KEEP = sqlite.insert(Base.metadata.tables["inbox"]).on_conflict_do_nothing()
NAMED = (
    update(Base.metadata.tables["conversation"])
    .where(Base.metadata.tables["conversation"].c.id == bindparam("conversation_id"))
    .values({name: bindparam(f"new_{name}") for name in ("bsuid", "wa_id", "profile_name")})
)


class Wakes:
    """What a commit of the inbox gave work to."""

    def __init__(self) -> None:
        self.conversations: set[int] = set()
        self.lanes: set[str] = set()


class Inbox:
    """Takes deliveries in; `wake` and `wake_lane` are called after the commit."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        wake: Callable[[str], None],
        wake_lane: Callable[[str], None],
    ) -> None:
        self._database, self._clock, self._wake, self._wake_lane = database, clock, wake, wake_lane

    async def accept(self, delivery: Delivery) -> None:
        """Return once everything in it is on disk; the same delivery again changes nothing."""
        now = self._clock()
        wakes = await self._database.write(lambda session: keep(session, delivery, now))
        for conversation_id in wakes.conversations:
            self._wake(str(conversation_id))
        for lane in wakes.lanes:
            self._wake_lane(lane)


def keep(session: Session, delivery: Delivery, now: datetime) -> Wakes:
    """Store a delivery, item by item, in its order."""
    wakes = Wakes()
    for item in delivery.items:
        match item:
            case Message() if item.group_id:
                _keep_notice(session, "group_message", item.incoming.id, item.raw, now)
            case Message():
                _keep_message(session, item, now, wakes)
            case StatusUpdate():
                _keep_status(session, item, now, wakes)
            case NoticeItem():
                _keep_notice(session, item.kind, item.id, item.raw, now)
                if item.kind in CHANGES:
                    _move_contact(session, item, now)
    return wakes


def _keep_message(session: Session, item: Message, now: datetime, wakes: Wakes) -> None:
    contact = _contact(session, item, now)
    row = {
        "wamid": item.incoming.id,
        "conversation_id": contact.id,
        "body": item.incoming.model_dump(mode="json", exclude_defaults=True),
        "received_at": now,
        "state": "new",
        "tries": 0,
    }
    if session.connection().execute(KEEP, row).rowcount == 0:
        RECEIVED.labels("doubled").inc()
        return
    RECEIVED.labels("message").inc()
    if item.unknown:
        _keep_notice(session, "unknown_fields", f"unknown:{item.incoming.id}", item.raw, now)
    _refresh(session, contact, item)
    wakes.conversations.add(contact.id)
    if contact.held and (lane := outbox.release_held(session, contact.id)):
        wakes.lanes.add(lane)
    if item.incoming.media is not None:
        wakes.lanes.add(_fetch(session, item, contact.id, now))


def _refresh(session: Session, contact: Known, item: Message) -> None:
    """Adopt what Meta now calls them; an id it leaves out stays as it was."""
    fresh = {
        "new_bsuid": item.bsuid or contact.bsuid,
        "new_wa_id": item.wa_id or contact.wa_id,
        "new_profile_name": item.profile_name or contact.profile_name,
    }
    if tuple(fresh.values()) != (contact.bsuid, contact.wa_id, contact.profile_name):
        session.connection().execute(NAMED, {"conversation_id": contact.id, **fresh})


def _fetch(session: Session, item: Message, conversation_id: int, now: datetime) -> str:
    """A file to fetch: its lane is its own, so that a slow download delays no word."""
    media = item.incoming.media
    assert media is not None  # noqa: S101 -- the caller asked
    session.add(
        MediaFile(
            wamid=item.incoming.id,
            conversation_id=conversation_id,
            media_id=media.id,
            mime_type=media.mime_type,
            name=media.name,
        )
    )
    session.flush()
    part = session.scalars(select(InboxMessage.seq).where(InboxMessage.wamid == item.incoming.id)).one()
    slot = outbox.Slot(conversation_id, outbox.BETWEEN_TURNS, part)
    return outbox.put(session, slot, "fetch", {"wamid": item.incoming.id}, now=now)


def _keep_status(session: Session, item: StatusUpdate, now: datetime, wakes: Wakes) -> None:
    digits = item.opaque.removeprefix(OPAQUE_PREFIX)
    entry_id = (
        int(digits) if item.opaque.startswith(OPAQUE_PREFIX) and digits.isdecimal() and len(digits) < 19 else None
    )
    error = f"{item.code} {item.title}".strip() if item.code else ""
    fate = _fate(item) if item.status == "failed" else item.status
    lane = outbox.apply_status(
        session, entry_id=entry_id, wamid=item.wamid, status=fate, error=error, retry_at=now + FAILED_PAUSE
    )
    RECEIVED.labels("status" if lane else "orphan_status").inc()
    if lane:
        wakes.lanes.add(lane)


def _fate(item: StatusUpdate) -> str:
    """What a failure told by webhook means for the message: the same as if the send had been answered with it."""
    match error_for(item.code, item.title):
        case WindowClosedError():
            return "held"
        case ThrottledError() | UnavailableError() | ChannelStoppedError():
            return "new"
        case _:
            return "failed"


def _keep_notice(session: Session, kind: str, name: str, raw: str, now: datetime) -> None:
    key = name or sha256(raw.encode()).hexdigest()
    row = sqlite.insert(Notice).values(key=key, kind=kind, body={"raw": raw}, at=now)
    session.connection().execute(row.on_conflict_do_nothing())
    RECEIVED.labels("notice").inc()


def _aliases(address: Address) -> list[str]:
    return [alias for alias in (address.bsuid, canonical_number(address.wa_id) if address.wa_id else "") if alias]


def _contact(session: Session, item: Message, now: datetime) -> Known:
    """The contact's conversation: by phone number first (conflicting ids are not merged), then by BSUID."""
    aliases = _aliases(item.address)
    named = {"ours": item.phone_number_id, "first": aliases[0], "last": aliases[-1]}
    known = {row.alias: row for row in session.connection().execute(KNOWN, named)}
    found = known.get(aliases[-1]) or known.get(aliases[0])
    missing = [alias for alias in aliases if alias not in known]
    if found and not missing:
        return found
    conversation_id = found.id if found else _new_conversation(session, item, now)
    for alias in missing:
        session.add(ContactAlias(phone_number_id=item.phone_number_id, alias=alias, conversation_id=conversation_id))
    session.flush()
    return found or next(iter(session.connection().execute(KNOWN, named)))


def _new_conversation(session: Session, item: Message, now: datetime) -> int:
    contact = Conversation(
        phone_number_id=item.phone_number_id,
        bsuid=item.bsuid,
        wa_id=item.wa_id,
        profile_name=item.profile_name,
        created_at=now,
    )
    session.add(contact)
    session.flush()
    return contact.id


def _move_contact(session: Session, item: NoticeItem, now: datetime) -> None:
    """The person has a new number or id: the conversation follows, the verified session does not."""
    old, new = (
        _aliases(Address(bsuid=item.bsuid, wa_id=item.wa_id)),
        _aliases(Address(bsuid=item.new_bsuid, wa_id=item.new_wa_id)),
    )
    mine = (ContactAlias.phone_number_id == item.phone_number_id, ContactAlias.alias.in_(old))
    conversation_id = session.scalars(select(ContactAlias.conversation_id).where(*mine)).first()
    if conversation_id is None or not new:
        return
    session.execute(delete(ContactAlias).where(*mine))
    for alias in new:
        taken = session.get(ContactAlias, (item.phone_number_id, alias))
        if taken is None:
            session.add(
                ContactAlias(phone_number_id=item.phone_number_id, alias=alias, conversation_id=conversation_id)
            )
    contact = session.get_one(Conversation, conversation_id)
    contact.bsuid, contact.wa_id = item.new_bsuid, item.new_wa_id or contact.wa_id
    end_session(session, str(conversation_id), because="number_changed", now=now)


def waiting(session: Session) -> list[int]:
    """Conversations with unread messages; for start-up and the sweeper."""
    unread = select(InboxMessage.conversation_id).where(InboxMessage.state == "new").distinct()
    return list(session.scalars(unread))
