"""Delivery: carries out the outbox lane by lane, each lane in its order, and reacts to what comes back.

A lane is one contact's messages, mails or files. The claim is committed before the send, the result after it.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from app import outbox
from app.db.engine import Database
from app.errors import StoreUnavailableError
from app.metrics import CHANNEL_STOPPED, RESENDS, SEND_SECONDS, SENDS, WINDOW_CLOSINGS
from app.outbox import Claim, Wait
from app.rates import SendRates
from app.tracing import TRACES
from app.whatsapp.errors import (
    ChannelStoppedError,
    SendError,
    ThrottledError,
    UnavailableError,
    WindowClosedError,
)
from app.whatsapp.rates import pair_pause

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Session], None]
Carrier = Callable[[Claim], Awaitable[str | None]]  # returns the wamid of what it sent, if any

FIRST_PAUSE = 1.0  # seconds before the second try
LONGEST_PAUSE = 60.0  # seconds between tries while the other side is away; nothing is given up for being away
STOPPED_PAUSE = timedelta(minutes=1)  # between looks at a channel that refuses our token
WIPED = frozenset({"mail"})  # a sealed code is not kept once it has gone out or can no longer


def outcome_of(error: SendError) -> str:
    """What the metrics call it."""
    match error:
        case UnavailableError(ambiguous=True):
            return "ambiguous"
        case UnavailableError():
            return "unavailable"
        case ThrottledError():
            return "throttled"
        case WindowClosedError():
            return "window_closed"
        case ChannelStoppedError():
            return "stopped"
        case _:
            return "refused"


def pause_before(tries: int) -> float:
    """Exponential back-off with full jitter, so that lanes do not come back in step."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(tries - 1, 10))
    return random.uniform(0.5, 1) * longest  # noqa: S311 -- not a secret


def _span(claim: Claim) -> AbstractContextManager[None]:
    """One try, in the trace of whatever wanted it."""
    return TRACES.span(
        f"deliver {claim.kind}",
        side="consumer",
        parent=claim.trace,
        outbox=claim.id,
        conversation=claim.conversation_id,
        tries=claim.tries,
    )


class Channel:
    """Whether WhatsApp takes anything from us at all; shown by health, the queue is kept meanwhile."""

    def __init__(self) -> None:
        self.stopped_because = ""
        self.closed_until: datetime | None = None

    def stop(self, reason: str, until: datetime) -> None:
        """Nothing goes out before `until`."""
        self.stopped_because, self.closed_until = reason, until
        CHANNEL_STOPPED.set(1)

    def slow(self, until: datetime) -> None:
        """The number as a whole is too fast."""
        self.closed_until = until

    def seconds_closed(self, now: datetime) -> float:
        """How long to wait; 0 when open."""
        if self.closed_until is None or self.closed_until <= now:
            return 0.0
        return (self.closed_until - now).total_seconds()

    def works(self) -> None:
        """Something was taken."""
        if self.stopped_because:
            log.warning("WhatsApp takes messages again")
        self.stopped_because, self.closed_until = "", None
        CHANNEL_STOPPED.set(0)


class Delivery:
    """Handles one lane at a time per wake-up; `carriers` by kind of entry."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        carriers: Mapping[str, Carrier],
        rates: SendRates,
        lease: timedelta,
    ) -> None:
        self._database, self._clock, self._carriers, self._rates = database, clock, carriers, rates
        self._lease = lease
        self._throttled: dict[str, int] = {}  # lane -> refusals in a row for being too fast
        self.channel = Channel()

    async def handle(self, lane: str) -> float | None:
        """Carry out what the lane holds; returns seconds after which to look again."""
        sent: Work | None = None  # what the last entry came to: written down in the transaction that claims the next
        while True:
            if pause := self._must_wait(lane):
                if sent is not None:
                    await self._record(sent)
                return pause
            write = self._database.write if sent is None else self._record
            claimed = await write(partial(self._claim, lane, sent))
            if claimed is None:
                return None
            if isinstance(claimed, Wait):
                return claimed.seconds
            if claimed.again:
                RESENDS.labels(claimed.kind).inc()
            with bound_contextvars(outbox=claimed.id, conversation=claimed.conversation_id), _span(claimed):
                sent = await self._carry(lane, claimed)

    def _claim(self, lane: str, sent: Work | None, session: Session) -> Claim | Wait | None:
        if sent is not None:
            sent(session)
        return outbox.claim(session, lane, self._clock(), self._lease)

    def _must_wait(self, lane: str) -> float:
        if not lane.startswith(outbox.LANES["message"]):
            return 0.0
        now = self._clock()
        return max(self.channel.seconds_closed(now), self._rates.wait(lane).total_seconds())

    async def _carry(self, lane: str, claim: Claim) -> Work | None:
        """Send it; returns what is to be written down once it was taken. Anything else is written down at once."""
        if claim.kind == "message" and (pause := await self._rates.admit(lane)):
            await self._put_off(claim, self._clock() + pause, "one person takes no more messages at once")
            return None
        try:
            with SEND_SECONDS.labels(claim.kind).time():
                wamid = await self._carriers[claim.kind](claim)
        except SendError as error:
            SENDS.labels(claim.kind, outcome_of(error)).inc()
            await self._react(lane, claim, error)
            return None
        SENDS.labels(claim.kind, "sent").inc()
        self._throttled.pop(lane, None)
        if claim.kind == "message":
            self.channel.works()
        return partial(outbox.settle, entry_id=claim.id, wamid=wamid, wipe=claim.kind in WIPED)

    async def _react(self, lane: str, claim: Claim, error: SendError) -> None:
        now, reason = self._clock(), f"{error.code} {error.reason}".strip()
        wipe = claim.kind in WIPED
        if isinstance(error, ThrottledError) and error.scope == "recipient":
            refusals = self._throttled[lane] = self._throttled.get(lane, -1) + 1
            until = now + max(error.retry_after, pair_pause(refusals))
            await self._rates.pause(lane, until)
            await self._put_off(claim, until, reason)
        elif isinstance(error, ThrottledError):
            self.channel.slow(now + error.retry_after)
            await self._put_off(claim, now + error.retry_after, reason)
        elif isinstance(error, UnavailableError) and error.ambiguous:
            log.warning("outbox %d: no answer; waiting for its status", claim.id)
        elif isinstance(error, UnavailableError):
            await self._put_off(claim, now + timedelta(seconds=pause_before(claim.tries)), reason)
        elif isinstance(error, ChannelStoppedError):
            log.error("WhatsApp refuses to send for us (%s); the queue is kept", reason)
            self.channel.stop(reason, now + STOPPED_PAUSE)
            await self._put_off(claim, now + STOPPED_PAUSE, reason)
        else:
            WINDOW_CLOSINGS.inc(isinstance(error, WindowClosedError))
            state = "held" if isinstance(error, WindowClosedError) else "failed"
            log.warning("outbox %d (%s) %s: %s", claim.id, claim.kind, state, reason)
            await self._record(lambda s: outbox.end(s, claim.id, state=state, error=reason, wipe=wipe))

    async def _put_off(self, claim: Claim, until: datetime, reason: str) -> None:
        await self._record(lambda s: outbox.put_off(s, claim.id, until=until, error=reason))

    async def _record(self, work: Callable[[Session], T]) -> T:
        """Write down what happened outside: it did happen, so the write is tried until it is taken."""
        while True:
            try:
                return await self._database.write(work)
            except StoreUnavailableError:
                await asyncio.sleep(FIRST_PAUSE)
