"""The faculties for pages that try a question: the worker's in one process, else opened when first asked for."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from app.container import House
from app.errors import RecadoError

if TYPE_CHECKING:  # brings models and graph, which `recado serve` must not wait for
    from app.mind import Faculties

log = logging.getLogger(__name__)


class Study:
    """A receiver without a worker keeps a private copy of the index from the first question on, until it ends."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._own: Faculties | None = None
        self._opening: asyncio.Task[None] | None = None
        self._following: list[asyncio.Task[None]] = []

    def faculties(self) -> "Faculties | None":
        """What to think with; None while it is being opened. In the event loop's thread."""
        presence = self._house.presence
        if presence.works or presence.faculties or self._own:
            return presence.faculties or self._own
        if self._opening is None or self._opening.done():
            self._opening = asyncio.create_task(self._open(), name="study")
        return None

    async def _open(self) -> None:
        try:
            await self._open_copy()
        except (RecadoError, SQLAlchemyError, OSError) as error:
            log.error("The knowledge base cannot be tried here (%s).", type(error).__name__)  # noqa: TRY400 -- text may hold data

    async def _open_copy(self) -> None:
        from app import mind  # noqa: PLC0415 -- as above
        from app.knowledge import thresholds  # noqa: PLC0415 -- as above

        house = self._house
        own = await asyncio.to_thread(mind.open_faculties, house)
        house.presence.leaving.push_async_callback(self._close, own)
        await asyncio.to_thread(own.embedded.warm, await own.desk.catalogue())
        default, every = thresholds.default_thresholds(house.settings.knowledge), house.settings.knowledge.look_every
        copy = await mind.private_copy(house, own.knowledge)
        await thresholds.take_up(house.database, own.knowledge, default)
        self._follow(thresholds.follow(house.database, own.knowledge, default, every))
        if copy:
            self._follow(copy.follow(every))
        self._own = own

    def _follow(self, work: Coroutine[None, None, None]) -> None:
        self._following.append(asyncio.create_task(work, name="study follows"))

    async def _close(self, own: "Faculties") -> None:
        tasks = [*self._following, *([self._opening] if self._opening else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await own.engines.close()
        await asyncio.to_thread(own.knowledge.close)
