"""A mailbox: a conversation's unread messages, all a turn over them is thought from, and how long to wait first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session

from app import transcript
from app.db.base import Base
from app.db.models import Conversation
from app.identity.sessions import current_session
from app.settings import IdentitySettings, TurnSettings
from app.thinking import costs
from app.topics import about, awaited, newest_topic
from graph.context import Topic
from graph.language.port import Line
from graph.messages import Incoming
from tools.service_desk import Employee

MOST_MESSAGES = 50  # in one turn, unless the settings say otherwise
RECENT_LINES = 8  # of conversation shown to the engine: enough for "e na outra sala?"
LISTEN_PAUSE = 0.25  # seconds between two looks for the words of a file

INBOX, MEDIA = (Base.metadata.tables[name] for name in ("inbox", "media_file"))

# What every turn runs is put together once: building and compiling these costs more than running them.
WAITING = (INBOX.c.conversation_id == bindparam("conversation_id"), INBOX.c.state == "new")
FETCHING = exists().where(MEDIA.c.wamid == INBOX.c.wamid, MEDIA.c.state == "waiting").label("fetching")
UNREAD = (
    select(*(INBOX.c[name] for name in ("seq", "body", "received_at", "tries", "trace")), FETCHING)
    .where(*WAITING)
    .order_by(INBOX.c.seq)
    .limit(bindparam("most"))
)
HAS_UNREAD = select(exists().where(*WAITING))


@dataclass(frozen=True, slots=True)
class Unread:
    """One inbox row of the burst."""

    seq: int
    incoming: Incoming
    received_at: datetime
    tries: int
    trace: str | None = None  # of its webhook
    fetching: bool = False  # a file that is not here yet, nor its words


@dataclass(frozen=True, slots=True)
class Mailbox:
    """All a turn is thought from, as of one moment."""

    conversation_id: int
    version: int
    checkpoint: bytes | None
    language: str
    handed_over: bool
    profile_name: str
    bound_to: str
    burst: tuple[Unread, ...]
    principal: Employee | None
    session_ended: str
    recent: tuple[Line, ...]
    last_sent: tuple[str, ...]
    about: Mapping[str, str]  # wamid of a quoted message of ours -> number of the request it is about
    topic: Topic | None = None  # what the last thing we said is about
    awaited: tuple[str, ...] = ()  # numbers of open requests in which an agent had the last word
    spent_today: int = 0  # tokens


def unread(session: Session, conversation_id: int, *, most: int = MOST_MESSAGES) -> tuple[Unread, ...]:
    """The messages that wait, oldest first, `most` of them."""
    rows = session.connection().execute(UNREAD, {"conversation_id": conversation_id, "most": most})
    return tuple(Unread(seq, Incoming.model_validate(body), *rest) for seq, body, *rest in rows)


def load(
    session: Session, conversation_id: int, now: datetime, rules: IdentitySettings, *, most: int = MOST_MESSAGES
) -> Mailbox | None:
    """Read a conversation with its unread messages, oldest first, `most` of them; None when there are none."""
    burst = unread(session, conversation_id, most=most)
    if not burst:
        return None
    contact = session.get_one(Conversation, conversation_id)
    principal, ended = current_session(session, str(conversation_id), contact.bound_to, now, rules)
    employee_id = principal.id if principal else None
    return Mailbox(
        conversation_id=conversation_id,
        version=contact.version,
        checkpoint=contact.checkpoint,
        language=contact.language,
        handed_over=contact.handed_over,
        profile_name=contact.profile_name,
        bound_to=contact.bound_to,
        burst=burst,
        principal=principal,
        session_ended=ended or "",
        recent=transcript.recent(session, conversation_id, before=burst[0].seq, limit=RECENT_LINES),
        last_sent=transcript.last_sent(session, conversation_id, contact.version),
        about=about(session, conversation_id, {u.incoming.quoted for u in burst if u.incoming.quoted}, employee_id),
        topic=newest_topic(session, conversation_id, employee_id),
        awaited=awaited(session, employee_id),
        spent_today=costs.tokens_of_today(session, conversation_id, now),
    )


def has_unread(session: Session, conversation_id: int) -> bool:
    """Whether there is another turn to take."""
    return session.connection().scalar(HAS_UNREAD, {"conversation_id": conversation_id}) is True


def seconds_to_settle(burst: Sequence[Unread], now: datetime, settings: TurnSettings) -> float:
    """How long to wait for more words; a tap or a lone file is a whole thought and is answered at once."""
    if not burst or len(burst) >= settings.most_messages or any(u.incoming.kind == "tap" or u.tries for u in burst):
        return 0
    left = min(burst[-1].received_at + settings.settle, burst[0].received_at + settings.settle_longest) - now
    if left > settings.settle:  # received in the future: the clock was set back, and waiting for it may take a day
        return 0
    return max(0.0, left.total_seconds())


def seconds_to_listen(burst: Sequence[Unread], now: datetime, kinds: frozenset[str], longest: timedelta) -> float:
    """How long until it is worth a look whether a voice note or picture has become words; 0 = wait no more."""
    awaited = [unread for unread in burst if unread.fetching and unread.incoming.kind in kinds and not unread.tries]
    if not awaited or not timedelta(0) <= now - awaited[-1].received_at < longest:
        return 0
    return LISTEN_PAUSE
