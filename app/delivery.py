"""Delivery: carries out the outbox lane by lane, each lane in its order, and reacts to what comes back.

A lane is one contact's messages, mails or files. The claim is committed before the send, the result after it.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session
from structlog.contextvars import bound_contextvars

from app import channel, outbox, window
from app.db.engine import Database
from app.errors import StoreUnavailableError
from app.metrics import RESENDS, SEND_SECONDS, SENDS, WINDOW_CLOSINGS
from app.outbox import Claim, Wait
from app.rates import SendRates
from app.tracing import TRACES
from app.verdicts import Verdicts
from app.whatsapp.errors import (
    ChannelStoppedError,
    SendError,
    ThrottledError,
    UnavailableError,
    WindowClosedError,
)
from app.whatsapp.rates import pair_pause
from app.window import Knock

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Session], None]
Carrier = Callable[[Claim], Awaitable[str | None]]  # returns the wamid of what it sent, if any

FIRST_PAUSE = 1.0  # seconds before the second try
LONGEST_PAUSE = 60.0  # seconds between tries while the other side is away; nothing is given up for being away
STOPPED_PAUSE = channel.ASK_AGAIN
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


@dataclass(frozen=True, slots=True)
class Rules:
    """What delivery goes by: for which of our numbers, how long a claim lasts, what reopens a closed window."""

    number: str
    lease: timedelta
    knock: Knock | None = None


class Delivery:
    """Handles one lane at a time per wake-up; `carriers` by kind of entry."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        carriers: Mapping[str, Carrier],
        rates: SendRates,
        rules: Rules,
    ) -> None:
        self._database, self._clock, self._carriers, self._rates = database, clock, carriers, rates
        self._rules = rules
        self._throttled: dict[str, int] = {}  # lane -> refusals in a row for being too fast
        self._slowed = 0  # the same for the whole number
        self._slow_until: datetime | None = None
        self._verdicts = Verdicts()
        self._probing: set[int] = set()  # entries that ask whether a stopped channel works again

    async def handle(self, lane: str) -> float | None:
        """Carry out what the lane holds; returns seconds after which to look again."""
        sent: Work | None = None  # what the last entry came to: written down in the transaction that claims the next
        while True:
            if pause := self._must_wait(lane):
                if sent is not None:
                    await self._record(sent)
                return pause
            write = self._database.write if sent is None else self._record
            claimed = await write(partial(self._next, lane, sent))
            if claimed is None:
                return None
            if isinstance(claimed, Wait):
                return claimed.seconds
            if claimed.again:
                RESENDS.labels(claimed.kind).inc()
            with bound_contextvars(outbox=claimed.id, conversation=claimed.conversation_id), _span(claimed):
                sent = await self._carry(lane, claimed)

    def _next(self, lane: str, sent: Work | None, session: Session) -> Claim | Wait | None:
        if sent is not None:
            sent(session)
        return self._claim(session, lane, self._clock())

    def _must_wait(self, lane: str) -> float:
        if not is_for_messages(lane):
            return 0.0
        now = self._clock()
        slow = (self._slow_until - now).total_seconds() if self._slow_until else 0.0
        return max(slow, self._rates.wait(lane).total_seconds(), 0.0)

    def _claim(self, session: Session, lane: str, now: datetime) -> Claim | Wait | None:
        """The lane's next entry; of a stopped channel only one in a while, which asks whether it works again."""
        rules = self._rules
        if not is_for_messages(lane):
            return outbox.claim(session, lane, now, rules.lease)
        stands = channel.standing(session, rules.number)
        if closed := stands.seconds_closed(now):
            return Wait(min(closed, outbox.LONGEST_LOOK))
        claimed = outbox.claim(session, lane, now, rules.lease)
        if claimed is None and rules.knock and window.reopen(session, conversation_of(lane), rules.knock, now):
            claimed = outbox.claim(session, lane, now, rules.lease)
        if isinstance(claimed, Claim) and stands.stopped_because:
            channel.stop(session, rules.number, stands.stopped_because, until=now + STOPPED_PAUSE, now=now)
            self._probing.add(claimed.id)
        return claimed

    async def _carry(self, lane: str, claim: Claim) -> Work | None:
        """Send it; returns what is to be written down once it was taken. Anything else is written down at once."""
        if is_for_messages(lane) and (pause := await self._rates.admit(lane)):
            await self._record(_later(claim, self._clock() + pause, "one person takes no more messages at once"))
            return None
        try:
            with SEND_SECONDS.labels(claim.kind).time():
                wamid = await self._carriers[claim.kind](claim)
        except SendError as error:
            SENDS.labels(claim.kind, outcome_of(error)).inc()
            await self._record(await self._reaction(lane, claim, error))
            return None
        SENDS.labels(claim.kind, "sent").inc()
        return self._success(lane, claim, wamid)

    def _success(self, lane: str, claim: Claim, wamid: str | None) -> Work:
        """It was taken: what to write down."""
        self._verdicts.taken(claim)
        if is_for_messages(lane):
            self._throttled.pop(lane, None)
            self._slowed, self._slow_until = 0, None
        now, number = self._clock(), self._rules.number
        if probed := self._was_probe(claim):
            log.warning("WhatsApp takes messages again")

        def work(session: Session) -> None:
            outbox.settle(session, claim.id, wamid=wamid, wipe=claim.kind in WIPED)
            if probed:
                channel.works(session, number, now)

        return work

    async def _reaction(self, lane: str, claim: Claim, error: SendError) -> Work:
        """What to do about a trouble, by its class, and what to write down."""
        now, reason = self._clock(), f"{error.code} {error.reason}".strip()
        if isinstance(error, ChannelStoppedError):
            return self._stop(claim, now + STOPPED_PAUSE, reason)
        if isinstance(error, ThrottledError):
            return await self._slow_down(lane, claim, error, reason)
        if not isinstance(error, UnavailableError):
            state = "held" if isinstance(error, WindowClosedError) else "failed"
            return self._end(claim, state, reason)
        if error.ambiguous:
            log.warning("outbox %d: no answer; waiting for its status", claim.id)
            return lambda _: None
        if self._verdicts.final(claim, error, now):
            return self._end(claim, "dead", f"given up after {claim.tries} tries: {reason}")
        return _later(claim, now + timedelta(seconds=pause_before(claim.tries)), reason)

    async def _slow_down(self, lane: str, claim: Claim, error: ThrottledError, reason: str) -> Work:
        """One person, or the number, or (spam, messaging limit) the number for so long that somebody should know."""
        now = self._clock()
        if error.alarm:
            return self._stop(claim, now + error.retry_after, reason)
        if error.scope == "recipient":
            refusals = self._throttled[lane] = self._throttled.get(lane, -1) + 1
            until = now + max(error.retry_after, pair_pause(refusals))
            await self._rates.pause(lane, until)
        else:
            self._slowed += 1
            until = now + max(error.retry_after, timedelta(seconds=pause_before(self._slowed)))
            self._slow_until = until
        return _later(claim, until, reason)

    def _stop(self, claim: Claim, until: datetime, reason: str) -> Work:
        log.error("WhatsApp refuses to send for us (%s); the queue is kept", reason)
        now, number = self._clock(), self._rules.number
        self._probing.discard(claim.id)

        def work(session: Session) -> None:
            channel.stop(session, number, reason, until=until, now=now)
            outbox.put_off(session, claim.id, until=until, error=reason)

        return work

    def _end(self, claim: Claim, state: str, reason: str) -> Work:
        WINDOW_CLOSINGS.inc(state == "held")
        log.warning("outbox %d (%s) %s: %s", claim.id, claim.kind, state, reason)
        probed = self._was_probe(claim)

        def work(session: Session) -> None:
            outbox.end(session, claim.id, state=state, error=reason, wipe=claim.kind in WIPED)
            if probed:  # a refusal of this message is an answer of a channel that works
                channel.works(session, self._rules.number, self._clock())

        return work

    def _was_probe(self, claim: Claim) -> bool:
        """Whether this entry asked if a stopped channel works again; told once."""
        probed = claim.id in self._probing
        self._probing.discard(claim.id)
        return probed

    async def _record(self, work: Callable[[Session], T]) -> T:
        """Write down what happened outside: it did happen, so the write is tried until it is taken."""
        while True:
            try:
                return await self._database.write(work)
            except StoreUnavailableError:
                await asyncio.sleep(FIRST_PAUSE)


def _later(claim: Claim, until: datetime, reason: str) -> Work:
    return lambda s: outbox.put_off(s, claim.id, until=until, error=reason)


def is_for_messages(lane: str) -> bool:
    """Whether a lane goes to WhatsApp's users, whom the channel's rates and state concern."""
    return lane.startswith(outbox.LANES["message"])


def conversation_of(lane: str) -> int:
    """The conversation a lane belongs to."""
    return int(lane[1:])
