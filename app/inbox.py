"""The inbox: what Meta delivered, kept in one commit before it is acknowledged, each thing once.

Statuses settle the outbox in the same commit; they need no thinking and leave no row behind.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import case, func, literal, select, update
from sqlalchemy.orm import Session

from app import channel, outbox
from app.contacts import Known, adopt_names, contacts_of, move_contact
from app.db.base import Base
from app.db.engine import Database
from app.db.insert import insert_new
from app.db.models import Conversation, InboxMessage, MediaFile
from app.errors import StoreUnavailableError
from app.metrics import RECEIVED, WINDOW_CLOSINGS
from app.pressure import Look, Waiting
from app.statuses import Told, apply_statuses
from app.tracing import TRACES
from app.wakeups import mailbox_key, wake
from app.whatsapp.address import canonical_number
from app.whatsapp.codes import error_for
from app.whatsapp.errors import ChannelStoppedError, ThrottledError, UnavailableError, WindowClosedError
from app.whatsapp.payload import Delivery, Message, StatusUpdate
from app.whatsapp.payload import Notice as NoticeItem
from graph.messages import Media

OPAQUE_PREFIX = "ob:"  # of biz_opaque_callback_data: the outbox entry's id follows
FAILED_PAUSE = timedelta(seconds=6)  # Meta's pair rate: one message in 6 s
TOGETHER = 256  # deliveries kept by the same statements; more would only delay the first
CHANGES = ("user_changed_number", "user_changed_user_id")

INBOX = Base.metadata.tables["inbox"]

# Put together once, as what `app.contacts` runs.
KEEP_NOTICE = insert_new(Base.metadata.tables["notice"])
KEEP = insert_new(INBOX).returning(INBOX.c.wamid, INBOX.c.seq)


class Inbox:
    """Takes deliveries in.

    Those that arrive while others are being written wait for each other and are kept by the same few statements.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._waiting: list[tuple[Delivery, asyncio.Future[None]]] = []
        self._keeping: asyncio.Task[None] | None = None

    async def accept(self, delivery: Delivery) -> None:
        """Return once everything in it is on disk; the same delivery again changes nothing."""
        if trace := TRACES.current():
            delivery = delivery.traced(trace)
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, kept))
        if self._keeping is None:
            self._keeping = asyncio.create_task(self._keep_waiting(), name="inbox")
        await kept

    async def _keep_waiting(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # those that arrived together are kept together
                together, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                await self._keep(together)
        finally:
            self._keeping = None

    async def _keep(self, together: list[tuple[Delivery, asyncio.Future[None]]]) -> None:
        """Keep several; when one of them cannot be, each by itself, so that it spoils no other."""
        now = self._clock()
        try:
            await self._database.write(lambda session: keep(session, [one for one, _ in together], now))
        except Exception as error:  # noqa: BLE001 -- it belongs to whoever waits
            if len(together) > 1 and not isinstance(error, StoreUnavailableError):
                for one in together:
                    await self._keep([one])
                return
            for _, kept in together:
                if not kept.done():
                    kept.set_exception(error)
            return
        for _, kept in together:
            if not kept.done():
                kept.set_result(None)


def keep(session: Session, deliveries: Sequence[Delivery], now: datetime) -> None:
    """Store deliveries, item by item, in their order; messages in a row share their statements."""
    row: list[Message] = []
    told = [item for delivery in deliveries for item in delivery.statuses]
    _keep_statuses(session, told, now)
    for item in (item for delivery in deliveries for item in delivery.items):
        match item:
            case Message() if item.group_id:
                _keep_notice(session, "group_message", item.incoming.id, item.raw, now)
            case Message():
                row.append(item)
            case NoticeItem():
                _keep_notice(session, item.kind, item.id, item.raw, now)
                if item.kind in CHANGES:
                    _keep_messages(session, row, now)
                    row = []
                    move_contact(session, item, now)
    _keep_messages(session, row, now)


def _keep_messages(session: Session, items: Sequence[Message], now: datetime) -> None:
    if not items:
        return
    contacts = contacts_of(session, items, now)
    rows = [
        {
            "wamid": item.incoming.id,
            "conversation_id": contact.id,
            "body": item.incoming.model_dump(mode="json", exclude_defaults=True),
            "received_at": now,
            "state": "new",
            "tries": 0,
            "trace": item.trace,
        }
        for item, contact in zip(items, contacts, strict=True)
    ]
    fresh = {wamid: seq for wamid, seq in session.connection().execute(KEEP, rows)}  # noqa: C416 -- rows are no tuples
    for item, contact in zip(items, contacts, strict=True):
        seq = fresh.pop(item.incoming.id, None)
        RECEIVED.labels("doubled" if seq is None else "message").inc()
        if seq is not None:
            _after_keeping(session, item, contact, seq, now)


def _after_keeping(session: Session, item: Message, contact: Known, seq: int, now: datetime) -> None:
    if item.unknown:
        _keep_notice(session, "unknown_fields", f"unknown:{item.incoming.id}", item.raw, now)
    adopt_names(session, contact, item)
    if contact.held:
        outbox.release_held(session, contact.id)
        if outbox.only_opens(session, contact.id, item.incoming):
            session.execute(update(InboxMessage).where(InboxMessage.seq == seq).values(state="done"))
            return
    wake(session, mailbox_key(contact.id))
    if item.incoming.media is not None:
        _fetch(session, item, contact.id, seq, now)


def _fetch(session: Session, item: Message, conversation_id: int, seq: int, now: datetime) -> None:
    """A file to fetch: its lane is its own, so that a slow download delays no word."""
    incoming = item.incoming
    media = incoming.media or Media(id="")
    session.add(
        MediaFile(
            wamid=incoming.id,
            conversation_id=conversation_id,
            media_id=media.id,
            mime_type=media.mime_type,
            name=media.name,
        )
    )
    slot = outbox.Slot(conversation_id, outbox.BETWEEN_TURNS, seq, item.trace)
    outbox.put(session, slot, "fetch", {"wamid": incoming.id}, now=now)


def _keep_statuses(session: Session, items: Sequence[StatusUpdate], now: datetime) -> None:
    if not items:
        return
    lanes = apply_statuses(session, [_told(item) for item in items], retry_at=now + FAILED_PAUSE)
    for item, lane in zip(items, lanes, strict=True):
        RECEIVED.labels("status" if lane else "orphan_status").inc()
        if lane and item.status == "failed" and isinstance(error_for(item.code, item.title), ChannelStoppedError):
            until = now + channel.ASK_AGAIN
            channel.stop(session, item.phone_number_id, f"{item.code} {item.title}", until=until, now=now)


def _told(item: StatusUpdate) -> Told:
    digits = item.opaque.removeprefix(OPAQUE_PREFIX)
    ours = item.opaque.startswith(OPAQUE_PREFIX) and digits.isdecimal() and len(digits) < 19
    error = f"{item.code} {item.title}".strip() if item.code else ""
    return Told(
        entry_id=int(digits) if ours else None,
        wamid=item.wamid,
        status=_fate(item) if item.status == "failed" else item.status,
        error=error,
    )


def _fate(item: StatusUpdate) -> str:
    """What a failure told by webhook means for the message: the same as if the send had been answered with it."""
    match error_for(item.code, item.title):
        case WindowClosedError():
            WINDOW_CLOSINGS.inc()
            return "held"
        case ThrottledError() | UnavailableError() | ChannelStoppedError():
            return "new"
        case _:
            return "failed"


def _keep_notice(session: Session, kind: str, name: str, raw: str, now: datetime) -> None:
    key = name or sha256(raw.encode()).hexdigest()
    session.connection().execute(KEEP_NOTICE, {"key": key, "kind": kind, "body": {"raw": raw}, "at": now})
    RECEIVED.labels("notice").inc()


def waiting(session: Session) -> list[int]:
    """Conversations with unread messages; for start-up and the sweeper."""
    unread = select(InboxMessage.conversation_id).where(InboxMessage.state == "new").distinct()
    return list(session.scalars(unread))


UNREAD = InboxMessage.state == literal("new", literal_execute=True)  # spelt out: a partial index serves it


def unread(session: Session, seen: int) -> Look:
    """Unread messages by contact, apart from those a turn has failed on; `still` counts rows up to `seen`."""
    still = func.sum(case((InboxMessage.seq <= seen, 1), else_=0))
    rows = session.execute(
        select(
            Conversation.bsuid,
            Conversation.wa_id,
            Conversation.handed_over,
            func.count(),
            still,
            func.max(InboxMessage.seq),
        )
        .join_from(InboxMessage, Conversation, Conversation.id == InboxMessage.conversation_id)
        .where(UNREAD, InboxMessage.tries == 0)
        .group_by(Conversation.id)
    ).all()
    contacts = (
        Waiting(tuple(filter(None, (bsuid, canonical_number(wa_id)))), count, handed_over)
        for bsuid, wa_id, handed_over, count, _, _ in rows
    )
    return Look(tuple(contacts), sum(row[4] for row in rows), max((row[5] for row in rows), default=seen))
