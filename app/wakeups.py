"""Wake-ups: a key (a conversation, an outbox lane) has work; its handler runs, one at a time per key, none forgotten.

The queue is the table; a wake-up only says where to look. Lost ones are found again by the sweeper.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

Handler = Callable[[str], Awaitable[float | None]]  # seconds after which to look again, or None

RETRY_SECONDS = 5.0  # after a handler failed; the sweeper would come too, later


class Wakeups:
    """In-process wake-ups for one kind of key."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._later: dict[str, asyncio.TimerHandle] = {}
        self._closed = False

    def wake(self, key: str) -> None:
        """See to it that `key` is handled after now; cheap to call too often."""
        if self._closed:
            return
        if key in self._running:
            self._again.add(key)
            return
        if timer := self._later.pop(key, None):
            timer.cancel()
        self._running[key] = asyncio.create_task(self._run(key), name=f"mailbox {key}")

    async def _run(self, key: str) -> None:
        delay: float | None = None
        try:
            delay = await self._handler(key)
        except Exception:
            log.exception("handling %s failed; it stays in the table and is tried again", key)
            delay = RETRY_SECONDS
        finally:
            del self._running[key]
        if key in self._again:
            self._again.discard(key)
            self.wake(key)
        elif delay is not None and not self._closed:
            self._later[key] = asyncio.get_running_loop().call_later(delay, self._wake_later, key)

    def _wake_later(self, key: str) -> None:
        self._later.pop(key, None)
        self.wake(key)

    @property
    def idle(self) -> bool:
        """Nothing runs and nothing is due."""
        return not self._running and not self._later

    async def close(self) -> None:
        """Let no new handler start and wait for the running ones."""
        self._closed = True
        for timer in self._later.values():
            timer.cancel()
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
