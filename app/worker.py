"""The worker: takes up conversations, carries out the outbox, tells the desk's news; alone or beside others."""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from sqlalchemy.orm import Session

from app import inbox, outbox
from app.container import House
from app.desk.clocks import AT_ONCE, notice_due
from app.desk.requests import close_solved
from app.desk.staging import forget_staged
from app.identity.lapsed import tell_lapsed
from app.identity.limits import forget_old
from app.news import carry
from app.patience import tell_waiting
from app.privacy.keeper import Keeper
from app.rates import forget_paid
from app.settings import Settings
from app.wakeups import MAILBOX, NEWS, Wakeups, mailbox_key, wake

if TYPE_CHECKING:
    from app.mind import Mind

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0  # how long a forgotten wake-up may stay forgotten


class Bell(Protocol):
    """What runs the handler for keys that are woken: `app.wakeups.Wakeups` or `app.jobs.Jobs`."""

    @property
    def idle(self) -> bool:
        """Nothing runs here and nothing is due."""
        ...

    async def close(self, patience: timedelta) -> None:
        """Take no more; what runs is finished within `patience` or given back."""
        ...


class Worker:
    """Handles what is woken. Before `start` it does nothing: the tables hold the work."""

    def __init__(self, house: House) -> None:
        self._house = house
        house.presence.works = True
        self._bell: Bell | None = None
        self._mind: Mind | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._librarian: asyncio.Task[None] | None = None
        self._keeper = Keeper(house)

    @property
    def ready(self) -> bool:
        """Turns are being taken."""
        return self._bell is not None

    @property
    def idle(self) -> bool:
        """Nothing is being done and nothing is due in this process."""
        return self._bell is not None and self._bell.idle

    @property
    def knowledge_state(self) -> str:
        """The index revision in use."""
        return self._mind.knowledge_state if self._mind else "starting"

    @property
    def language_state(self) -> str:
        """Each language model and how it does; "embedded" without any."""
        return self._mind.language_state if self._mind else "starting"

    @property
    def outside_state(self) -> str:
        """Each source outside and how it does; "off" without any."""
        return (self._mind.outside_state or "off") if self._mind else "starting"

    async def start(self) -> None:
        """Import what thinking needs, give lapsed claims a fresh lease, and look for work left behind."""
        from app.mind import open_mind  # noqa: PLC0415 -- seconds of imports, after the receiver is up

        house = self._house
        self._mind = await open_mind(house)
        house.presence.faculties = self._mind.faculties
        until = house.clock() + house.settings.delivery.lease_after_start
        alone = not house.database.is_shared
        restarted = await house.database.write(lambda s: outbox.restart_leases(s, until, alone=alone))
        if restarted:
            log.info("%d sends were in progress when the last process ended; their statuses are awaited", restarted)
        self._bell = await self._open_bell()
        self._sweeper = asyncio.create_task(self._sweep_forever(), name="sweeper")
        self._synchronise_forever()

    def _synchronise_forever(self) -> None:
        """Carry out what synchronisations are asked for or due; begun again should it ever stop."""
        if self._librarian is not None and not self._librarian.done():
            return
        if self._librarian is not None and not self._librarian.cancelled():
            log.error("synchronising stopped; it begins again", exc_info=self._librarian.exception())
        from app.knowledge.carrying import Runner  # noqa: PLC0415 -- as in `start`
        from app.knowledge.embedding import remote_model  # noqa: PLC0415 -- as in `start`
        from app.knowledge.sync import workshop  # noqa: PLC0415 -- as in `start`

        house = self._house
        remote = remote_model(house.settings.embeddings)
        shop = workshop(house.database, house.data_dir, clock=house.clock, shared=house.shares_index, remote=remote)
        work = Runner(shop).follow(house.settings.knowledge.look_every)
        self._librarian = asyncio.create_task(work, name="synchronisations")

    async def _open_bell(self) -> Bell:
        database = self._house.database
        if not database.is_shared:
            wakeups = Wakeups(self._handle)
            database.listen(wakeups.wake_all)
            return wakeups
        from app.jobs import Jobs  # noqa: PLC0415 -- Procrastinate is for PostgreSQL only

        settings = self._house.settings
        jobs = Jobs(database, self._handle, settings.worker.dead_after, settings.drain)
        await jobs.open()
        return jobs

    async def _handle(self, key: str) -> float | None:
        if self._mind is None:
            raise RuntimeError("woken before the start")
        if key == NEWS:
            return await self._tell_news()
        if key.startswith(MAILBOX):
            return await self._mind.turns.handle(key)
        return await self._mind.delivery.handle(key)

    async def _tell_news(self) -> float | None:
        now = self._house.clock()
        return 0.0 if await self._house.database.write(lambda s: carry(s, now)) else None

    async def stop(self) -> None:
        """Finish what is under way, within reason; the rest is found again at the next start, or by another worker."""
        for task in filter(None, (self._sweeper, self._librarian)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._bell is not None:
            await self._bell.close(self._house.settings.drain)
        self._house.presence.faculties = None
        if self._mind is not None:
            await self._mind.close()

    async def _sweep_forever(self) -> None:
        while True:
            try:
                await self.sweep()
                self._synchronise_forever()
            except Exception:
                log.exception("the sweep failed; the next one comes in %.0f s", SWEEP_SECONDS)
            await asyncio.sleep(SWEEP_SECONDS)

    async def sweep(self) -> None:
        """Do what time brings, and wake everything the tables say has work."""
        now = self._house.clock()
        database = self._house.database
        await database.write(lambda s: _sweep(s, self._house.settings, now))
        while await database.write(lambda s: notice_due(s, now)) == AT_ONCE:
            log.info("many promises are due; looking on")
        await self._keeper.sweep()


def _sweep(session: Session, settings: Settings, now: datetime) -> None:
    close_solved(session, now)
    forget_staged(session, now)
    tell_lapsed(session, now)
    tell_waiting(session, settings.handover, now)
    forget_old(session, now)
    forget_paid(session)
    conversations = (mailbox_key(conversation_id) for conversation_id in inbox.waiting(session))
    wake(session, NEWS, *conversations, *outbox.lanes_waiting(session))
