"""The worker: takes up conversations and carries out the outbox, in the process that owns them."""

import asyncio
import logging
from contextlib import suppress
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import inbox, outbox
from app.container import House
from app.db.models import MediaFile
from app.delivery import Delivery
from app.metrics import OUTBOX
from app.wakeups import Wakeups

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0  # how long a forgotten wake-up may stay forgotten


class Worker:
    """Wakes turns and delivery. Before `start` it only takes note: the tables hold the work."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._turns: Wakeups | None = None
        self._lanes: Wakeups | None = None
        self._delivery: Delivery | None = None
        self._mind: Any = None
        self._sweeper: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Turns are being taken."""
        return self._turns is not None

    @property
    def idle(self) -> bool:
        """Nothing is being done and nothing is due."""
        return self._turns is not None and self._lanes is not None and self._turns.idle and self._lanes.idle

    def wake(self, key: str) -> None:
        """A conversation has unread messages."""
        if self._turns is not None:
            self._turns.wake(key)

    def wake_lane(self, lane: str) -> None:
        """A lane of the outbox has entries."""
        if self._lanes is not None:
            self._lanes.wake(lane)

    async def start(self) -> None:
        """Import what thinking needs, give lapsed claims a fresh lease, and look for work left behind."""
        from app.mind import open_mind  # noqa: PLC0415 -- seconds of imports, after the receiver is up

        house = self._house
        mind = await open_mind(house, self.wake_lane)
        until = house.clock() + house.settings.delivery.lease_after_start
        restarted = await house.database.write(lambda s: outbox.restart_leases(s, until))
        if restarted:
            log.info("%d sends were in progress when the last process ended; their statuses are awaited", restarted)
        self._mind, self._delivery = mind, mind.delivery
        self._turns, self._lanes = Wakeups(mind.turns.handle), Wakeups(mind.delivery.handle)
        self._sweeper = asyncio.create_task(self._sweep_forever(), name="sweeper")

    async def stop(self) -> None:
        """Let go; whatever was under way is found again at the next start."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeper
        for wakeups in (self._turns, self._lanes):
            if wakeups is not None:
                await wakeups.close()
        if self._mind is not None:
            await self._mind.close()

    async def _sweep_forever(self) -> None:
        while True:
            try:
                await self.sweep()
            except Exception:
                log.exception("the sweep failed; the next one comes in %.0f s", SWEEP_SECONDS)
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Wake everything the tables say has work."""
        conversations, lanes = await self._house.database.read(lambda s: (inbox.waiting(s), outbox.lanes_waiting(s)))
        for conversation_id in conversations:
            self.wake(str(conversation_id))
        for lane in lanes:
            self.wake_lane(lane)
        if self._mind is not None:
            for lane in await self._mind.tidy():
                self.wake_lane(lane)

    async def report(self) -> dict[str, Any]:
        """Readiness, backlog and the state of the channel, for `/health/ready`."""
        counts: dict[str, int] = {}
        try:
            counts = await self._house.database.read(_backlog)
            store = "refuses writes" if self._house.database.refusing else "ok"
        except Exception as error:  # noqa: BLE001 -- any failure of the store is the answer
            store = type(error).__name__
        for state in ("new", "sending", "held", "failed", "dead"):
            OUTBOX.labels(state).set(counts.get(state, 0))
        stopped = self._delivery.channel.stopped_because if self._delivery else ""
        return {
            "ready": self.ready and store == "ok",
            "store": store,
            "worker": "ready" if self.ready else "starting",
            "channel": f"stopped: {stopped}" if stopped else "ok",
            "knowledge": self._mind.knowledge_state if self._mind else "starting",
            "backlog": counts,
        }


def _backlog(session: Session) -> dict[str, int]:
    session.execute(text("SELECT 1"))
    counts = outbox.count_by_state(session)
    counts["unread"] = len(inbox.waiting(session))
    counts["files_failed"] = len(session.scalars(select(MediaFile.wamid).where(MediaFile.state == "failed")).all())
    return counts
