"""Turns: settle a mailbox's burst, think without a transaction, commit everything in one.

Whatever happens between two steps, the messages are still unread in the inbox and the turn is simply taken again:
nothing it wanted has happened before its commit, and the commit holds all of it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from app.db.base import Base
from app.db.engine import Database
from app.db.models import InboxMessage, Turn
from app.effects import Scene, apply_effects
from app.errors import StaleTurnError, StoreUnavailableError
from app.handovers import begin
from app.identity.sessions import touch_session
from app.mailboxes import Mailbox, has_unread, load, seconds_to_listen, seconds_to_settle, unread
from app.metrics import TURN_SECONDS, TURNS
from app.outbox import Slot, put
from app.settings import IdentitySettings, TurnSettings
from app.thinking import costs
from app.thinking.patience import Patience, Waiting
from app.tracing import TRACES
from app.wakeups import MAILBOX
from app.whatsapp.outbound import render
from graph.checkpoint import CorruptCheckpointError
from graph.context import Context
from graph.messages import Reply, Text
from graph.turn import Agent, Thought
from prompts import texts

log = logging.getLogger(__name__)

LONGEST_PAUSE = timedelta(minutes=1)  # between two tries of a failing turn
STORE_PAUSE = timedelta(seconds=2)  # while the database takes nothing, which is no fault of the message


CONVERSATION, INBOX = (Base.metadata.tables[name] for name in ("conversation", "inbox"))

# What every turn runs is put together once: building and compiling these costs more than running them.
ADVANCE = (
    update(CONVERSATION)
    .where(CONVERSATION.c.id == bindparam("conversation_id"), CONVERSATION.c.version == bindparam("old_version"))
    .values({name: bindparam(f"new_{name}") for name in ("version", "checkpoint", "language", "last_inbound_at")})
)
MARK = (
    update(INBOX)
    .where(INBOX.c.seq.in_(bindparam("seqs", expanding=True)))
    .values(state=bindparam("new_state"), version=bindparam("new_version"))
)


@dataclass(frozen=True, slots=True)
class TurnDesk:
    """What turns need of the house; `context_for` builds a turn's world."""

    database: Database
    agent: Agent
    context_for: Callable[[Mailbox, datetime], Context]
    scene_for: Callable[[Mailbox, Thought, datetime], Scene]
    show_typing: Callable[[str], None]
    clock: Callable[[], datetime]
    settings: TurnSettings
    identity: IdentitySettings
    patience: Patience
    listens_to: frozenset[str] = frozenset()  # kinds of messages whose files become words


class Turns:
    """Takes up conversations, at most `settings.in_progress` of them thinking at once."""

    def __init__(self, house: TurnDesk) -> None:
        self._house = house
        self._slots = asyncio.Semaphore(house.settings.in_progress)

    async def handle(self, key: str) -> float | None:
        """Take one turn of a conversation; returns seconds after which to come again, 0 when it holds more already.

        Whoever has more to say goes to the end of the queue: one who writes without end keeps nobody waiting.
        """
        conversation_id, database = int(key.removeprefix(MAILBOX)), self._house.database
        mailbox = await self._settled(conversation_id)
        if mailbox is None:
            return None
        queued = self._slots.locked()
        async with self._slots:
            if queued:  # more may have come meanwhile
                mailbox = await self._load(conversation_id) or mailbox
            with bound_contextvars(conversation=conversation_id, turn=mailbox.version + 1):
                delay = await self._attempt(mailbox, self._house.clock())
        if delay is None and await database.read(lambda s: has_unread(s, conversation_id)):
            return 0.0
        return delay

    async def _settled(self, conversation_id: int) -> Mailbox | None:
        """The conversation once its burst is over; None when there is nothing unread."""
        while True:
            now = self._house.clock()
            found = await self._house.database.read(lambda s: self._take_up(s, conversation_id, now))  # noqa: B023 -- awaited before now changes
            if not isinstance(found, float):
                return found
            await asyncio.sleep(found)

    def _take_up(self, session: Session, conversation_id: int, now: datetime) -> Mailbox | float | None:
        """What to think about, or the seconds to wait for more of it; None when there is nothing."""
        house, most = self._house, self._house.settings.most_messages
        burst = unread(session, conversation_id, most=most)
        pause = seconds_to_settle(burst, now, house.settings)
        pause = pause or seconds_to_listen(burst, now, house.listens_to, house.settings.listen_longest)
        return pause or load(session, conversation_id, now, house.identity, most=most)

    async def _load(self, conversation_id: int) -> Mailbox | None:
        house, now = self._house, self._house.clock()
        most = house.settings.most_messages
        return await house.database.read(lambda s: load(s, conversation_id, now, house.identity, most=most))

    async def _attempt(self, mailbox: Mailbox, now: datetime) -> float | None:
        first, *others = (unread.trace for unread in mailbox.burst)
        span = TRACES.span(
            "turn",
            side="consumer",
            parent=first,
            links=filter(None, others),
            conversation=mailbox.conversation_id,
            turn=mailbox.version + 1,
            messages=len(mailbox.burst),
        )
        try:
            with span:
                await self._turn(mailbox, now)
        except StaleTurnError:
            TURNS.labels("stale").inc()
        except StoreUnavailableError:
            TURNS.labels("unstored").inc()
            return STORE_PAUSE.total_seconds()
        except Exception:
            TURNS.labels("failed").inc()
            log.exception("turn %d of conversation %d failed", mailbox.version + 1, mailbox.conversation_id)
            return await self._put_off(mailbox, now)
        return None

    async def _turn(self, mailbox: Mailbox, now: datetime) -> None:
        house = self._house
        if not mailbox.handed_over:
            house.show_typing(mailbox.burst[-1].incoming.id)
        started = perf_counter()
        thought = await self._think(mailbox, house.context_for(mailbox, now))
        thinking = perf_counter() - started
        scene = house.scene_for(mailbox, thought, now)
        stages = {"think": round(thinking * 1000, 1)}
        waiting = max(0.0, (now - mailbox.burst[0].received_at).total_seconds())
        await house.database.write(lambda s: commit(s, mailbox, thought, scene, stages))
        TURN_SECONDS.labels("wait").observe(waiting)
        TURN_SECONDS.labels("think").observe(thinking)
        TURN_SECONDS.labels("commit").observe(perf_counter() - started - thinking)
        TURNS.labels("done").inc()
        costs.count(thought.calls)

    async def _think(self, mailbox: Mailbox, context: Context) -> Thought:
        house = self._house
        # As they were written: Meta tells what we could not take again later, after what followed it.
        burst = sorted((unread.incoming for unread in mailbox.burst), key=lambda message: message.at)
        newest = mailbox.burst[-1].incoming.id
        waiting = Waiting(mailbox.conversation_id, mailbox.version + 1, mailbox.language, newest)
        async with house.patience.beside(waiting), asyncio.timeout(house.settings.deadline.total_seconds()):
            try:
                return await house.agent.think(mailbox.checkpoint, burst, context)
            except CorruptCheckpointError:
                log.warning(
                    "the checkpoint of conversation %d cannot be read; it starts afresh", mailbox.conversation_id
                )
                return await house.agent.think(None, burst, context)

    async def _put_off(self, mailbox: Mailbox, now: datetime) -> float:
        tries = mailbox.burst[0].tries + 1
        if tries < self._house.settings.tries:
            await self._house.database.write(lambda s: _count_try(s, mailbox))
            return float(min(2**tries, LONGEST_PAUSE.total_seconds()))
        await self._house.database.write(lambda s: give_up(s, mailbox, now))
        TURNS.labels("given_up").inc()
        return 0.0


def commit(session: Session, mailbox: Mailbox, thought: Thought, scene: Scene, stages: dict[str, float]) -> None:
    """Everything a turn wants, or nothing: dialogue, effects, replies, messages read."""
    _advance(session, mailbox, checkpoint=thought.checkpoint, language=thought.language)
    touch_session(session, str(mailbox.conversation_id), mailbox.bound_to, scene.now, scene.identity)
    announced = apply_effects(session, thought.effects, scene)
    first = Slot(scene.conversation_id, scene.version, 0, scene.trace)
    _say(session, first, (*announced, *thought.replies), scene.now)
    _mark(session, mailbox, state="done")
    session.add(
        Turn(
            conversation_id=mailbox.conversation_id,
            version=mailbox.version + 1,
            at=scene.now,
            engine=thought.engine,
            intents=" ".join(thought.intents),
            prompts=scene.prompts,
            milliseconds=stages,
        )
    )
    costs.keep(session, mailbox.conversation_id, mailbox.version + 1, thought.calls, scene.now)


def give_up(session: Session, mailbox: Mailbox, now: datetime) -> None:
    """A burst that fails every time is parked, and a person takes over: never silence."""
    _advance(session, mailbox, checkpoint=mailbox.checkpoint, language=mailbox.language)
    words = "\n".join(unread.incoming.text for unread in mailbox.burst)
    begin(session, mailbox.conversation_id, "tool_failed", words, now)
    language = texts.known_language(mailbox.language)
    first = Slot(mailbox.conversation_id, mailbox.version + 1, 0, mailbox.burst[0].trace)
    _say(session, first, (Text(body=texts.say(language, "turn_failed")),), now)
    _mark(session, mailbox, state="dead")


def _advance(session: Session, mailbox: Mailbox, *, checkpoint: bytes | None, language: str) -> None:
    mine = {
        "conversation_id": mailbox.conversation_id,
        "old_version": mailbox.version,
        "new_version": mailbox.version + 1,
        "new_checkpoint": checkpoint,
        "new_language": language,
        "new_last_inbound_at": mailbox.burst[-1].received_at,
    }
    if session.connection().execute(ADVANCE, mine).rowcount != 1:
        raise StaleTurnError(f"conversation {mailbox.conversation_id} moved on from version {mailbox.version}")


def _say(session: Session, first: Slot, replies: Sequence[Reply], now: datetime) -> None:
    parts = [message for reply in replies for message in render(reply)]
    for part, message in enumerate(parts):
        put(session, first._replace(part=part), "message", message, now=now)


def _mark(session: Session, mailbox: Mailbox, *, state: str) -> None:
    seqs = [unread.seq for unread in mailbox.burst]
    session.connection().execute(MARK, {"seqs": seqs, "new_state": state, "new_version": mailbox.version + 1})


def _count_try(session: Session, mailbox: Mailbox) -> None:
    seqs = [unread.seq for unread in mailbox.burst]
    session.connection().execute(
        update(InboxMessage).where(InboxMessage.seq.in_(seqs)).values(tries=InboxMessage.tries + 1)
    )
