"""The gate before the store: at more than we can serve, new messages are refused with 503 before they are accepted.

Meta tells them again later; what was acknowledged is served soon. Statuses always pass: they settle what we sent.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.errors import StoreUnavailableError
from app.inbox import unread
from app.metrics import INTAKE_LIMIT, INTAKE_WAITING, SHED
from app.pressure import Look, Pressure, Reason
from app.settings import IntakeSettings
from app.whatsapp.errors import OverloadedError
from app.whatsapp.payload import Delivery

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5  # seconds; between two looks what was let in is counted
LOOKS_COST = 0.1  # part of the time that may go into looking, however much there is to see
TOLD_FOR = 10.0  # seconds after the last refusal in which health says that we refuse


class Intake:
    """Lets deliveries through to `accept`, or raises `OverloadedError`."""

    def __init__(
        self,
        accept: Callable[[Delivery], Awaitable[None]],
        database: Database,
        settings: IntakeSettings,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._accept, self._database, self._settings, self._seconds = accept, database, settings, seconds
        self._storing = 0
        self._refused = 0
        self._refused_at: float | None = None
        self._watching: asyncio.Task[None] | None = None
        self.pressure = Pressure(floor=settings.floor, patience=settings.patience.total_seconds())

    async def accept(self, delivery: Delivery) -> None:
        """Return once it is stored; raises `OverloadedError` without having looked at the store."""
        contacts = Counter(item.address.key for item in delivery.messages if not item.group_id)
        if contacts and (reason := self._verdict(contacts)):
            SHED.labels(reason).inc()
            self._refused, self._refused_at = self._refused + 1, self._seconds()
            raise OverloadedError(reason, self.pressure.come_back_after())
        await self._store(delivery, contacts)

    def _verdict(self, contacts: Counter[str]) -> Reason:
        if self._storing >= self._settings.storing:
            return "store"
        return self.pressure.verdict(contacts)

    async def _store(self, delivery: Delivery, contacts: Counter[str]) -> None:
        self._storing += 1
        self.pressure.let_in(contacts)
        try:
            await self._accept(delivery)
        except BaseException:
            self.pressure.failed(contacts)
            raise
        else:
            self.pressure.arrived(contacts)
        finally:
            self._storing -= 1
        if contacts and self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="intake")

    async def _watch(self) -> None:
        """Look until nothing waits any more."""
        try:
            while not self.pressure.idle:
                started = self._seconds()
                with suppress(SQLAlchemyError, StoreUnavailableError):  # then the last look stands
                    await self.look()
                await asyncio.sleep(max(LOOK_EVERY, (self._seconds() - started) / LOOKS_COST))
        finally:
            self._watching = None

    async def look(self) -> None:
        """See what waits in the store."""
        self.pressure.see(await self._database.read(self._find), self._seconds())

    def _find(self, session: Session) -> Look:
        self.pressure.begin_look()  # at the last moment: what arrives meanwhile counts twice until the next look
        return unread(session, self.pressure.newest_seen)

    async def close(self) -> None:
        """Stop looking."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    def report(self) -> dict[str, Any]:
        """For health: whether messages are being refused, how many wait and how many may."""
        refusing = self._refused_at is not None and self._seconds() - self._refused_at < TOLD_FOR
        INTAKE_WAITING.set(self.pressure.backlog)
        INTAKE_LIMIT.set(self.pressure.limit)
        return {
            "state": "refuses: more messages than can be served" if refusing else "ok",
            "waiting": self.pressure.backlog,
            "limit": self.pressure.limit,
            "read_per_second": round(self.pressure.drain.per_second, 1),
            "refused": self._refused,
        }
