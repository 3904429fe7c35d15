"""How fast we may send, asked before every message: alone in this process, or together with others on one store.

The limits are those of `app.whatsapp.rates`.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.base import Base
from app.db.engine import Database
from app.whatsapp.rates import NOW, PAIR_BURST, PAIR_INTERVAL, SECOND, Rates

NUMBER = "number"  # the row all messages share; the others are called after their lane
KEPT = timedelta(hours=1)  # of rows nobody has sent by; their debt is long paid
A_MOMENT = timedelta(milliseconds=1)  # somebody else was quicker: ask again


class SendRate(Base):
    """The moment at which a recipient's debt, or the number's, is paid: a token bucket as one timestamp."""

    __tablename__ = "send_rate"

    key: Mapped[str] = mapped_column(primary_key=True)
    paid_at: Mapped[datetime]


class SendRates(Protocol):
    """Both limits of one business number, by outbox lane."""

    def wait(self, lane: str) -> timedelta:
        """How long until a message to this recipient has a chance; zero = try."""
        ...

    async def admit(self, lane: str) -> timedelta:
        """Return zero when one message may go out, counted; or how long to put it back for."""
        ...

    async def pause(self, lane: str, until: datetime) -> None:
        """Meta said that this recipient got too many: nothing before `until`, nothing borrowed after it."""
        ...


class OwnRates:
    """For the only sending process."""

    def __init__(self, messages_per_second: int, clock: Callable[[], datetime]) -> None:
        self._rates, self._clock = Rates(messages_per_second), clock

    def wait(self, lane: str) -> timedelta:
        """As asked of the recipient's bucket."""
        return self._rates.pairs.wait(lane, self._clock())

    async def admit(self, lane: str) -> timedelta:
        """Wait for both buckets."""
        while pause := self._rates.take(lane, self._clock()):
            if pause > PAIR_INTERVAL:
                return pause
            await asyncio.sleep(pause.total_seconds())
        return NOW

    async def pause(self, lane: str, until: datetime) -> None:
        """Empty the recipient's bucket."""
        self._rates.pairs.pause(lane, until)


# The server's clock times them all, so that processes whose clocks differ share one pace. A lost row of the last
# moments before a crash lets a few messages too many go; waiting for the disk at every message would cost more.
UNHURRIED = text("SET LOCAL synchronous_commit = off")
TAKE_PAIR = text(
    "INSERT INTO send_rate AS r (key, paid_at) VALUES (:key, clock_timestamp() + :interval) "
    "ON CONFLICT (key) DO UPDATE SET paid_at = greatest(r.paid_at, clock_timestamp()) + :interval "
    "WHERE r.paid_at - :slack <= clock_timestamp() RETURNING paid_at"
)
PAIR_WAIT = text("SELECT paid_at - :slack - clock_timestamp() FROM send_rate WHERE key = :key")
TAKE_NUMBER = text(
    "INSERT INTO send_rate AS r (key, paid_at) VALUES (:key, clock_timestamp() + :interval) "
    "ON CONFLICT (key) DO UPDATE SET paid_at = greatest(r.paid_at, clock_timestamp()) + :interval "
    "RETURNING paid_at - :interval - clock_timestamp()"
)
PAUSE = text(
    "INSERT INTO send_rate AS r (key, paid_at) VALUES (:key, :paid_at) "
    "ON CONFLICT (key) DO UPDATE SET paid_at = greatest(r.paid_at, :paid_at)"
)
FORGET = text("DELETE FROM send_rate WHERE paid_at < clock_timestamp() - :kept")


class _Place(NamedTuple):
    """How long to wait, and whether it may go then or must ask again."""

    wait: timedelta
    taken: bool


class SharedRates:
    """For processes that send side by side on PostgreSQL.

    A recipient's bucket is asked and taken from in one statement. The number's messages are spaced evenly: each takes
    the next free moment and waits for it, so that they add up to the limit and nobody is passed over.
    """

    def __init__(self, database: Database, messages_per_second: int, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._number_interval = SECOND / messages_per_second
        self._closed: dict[str, datetime] = {}  # lane -> when its next message has a chance, as last heard

    def wait(self, lane: str) -> timedelta:
        """What this process last heard; `admit` asks everybody."""
        until, now = self._closed.get(lane), self._clock()
        if until is None or until <= now:
            self._closed.pop(lane, None)
            return NOW
        return until - now

    async def admit(self, lane: str) -> timedelta:
        """Take from the recipient's bucket, then wait for a moment of the number's."""
        while place := await self._database.write(lambda s: _take(s, lane, self._number_interval)):
            if not place.taken:
                self._closed[lane] = self._clock() + place.wait
                if place.wait > PAIR_INTERVAL:
                    return place.wait
            await asyncio.sleep(place.wait.total_seconds())
            if place.taken:
                return NOW
        return NOW

    async def pause(self, lane: str, until: datetime) -> None:
        """Empty the recipient's bucket for everybody."""
        self._closed[lane] = until
        debt = until + _slack()
        await self._database.write(lambda s: s.execute(PAUSE, {"key": lane, "paid_at": debt}) and None)


def _slack() -> timedelta:
    return PAIR_INTERVAL * (PAIR_BURST - 1)


def _take(session: Session, lane: str, interval: timedelta) -> _Place | None:
    """None: the message may go at once; else what it waits for."""
    session.execute(UNHURRIED)
    pair = {"key": lane, "interval": PAIR_INTERVAL, "slack": _slack()}
    if session.execute(TAKE_PAIR, pair).first() is None:
        left = session.execute(PAIR_WAIT, {"key": lane, "slack": _slack()}).scalar()
        return _Place(max(left or NOW, A_MOMENT), taken=False)
    left = session.execute(TAKE_NUMBER, {"key": NUMBER, "interval": interval}).scalar_one()
    return _Place(left, taken=True) if left > NOW else None


def forget_paid(session: Session) -> None:
    """Drop recipients whose debt is long paid; for the sweeper."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(FORGET, {"kept": KEPT})
