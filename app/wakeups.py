"""Wake-ups: a key (a conversation, an outbox lane, the desk's news) has work; its handler runs, one at a time per key.

The queue is the table; a wake-up only says where to look. `wake` belongs in the transaction that gave a key work: on
SQLite this process hears of it after the commit (`Wakeups`), on PostgreSQL a job is inserted in the same transaction
(`app.jobs` runs it). Lost ones are found again by the sweeper.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import StoreUnavailableError

log = logging.getLogger(__name__)

Handler = Callable[[str], Awaitable[float | None]]  # seconds after which to look again, or None

RETRY_SECONDS = 5.0  # after a handler failed; the sweeper would come too, later
STORE_SECONDS = 1.0  # after the store was away, which is no fault of the handler's
MAILBOX = "t"  # first letter of a conversation's key; those of outbox lanes are in `app.outbox.LANES`
NEWS = "news"  # something happened at the desk that employees should hear of
QUEUE, TASK = "recado", "wake"  # of Procrastinate's jobs

# A job that waits already will see our rows, unless a worker fetches it before they are committed: taking the row's
# lock (DO UPDATE) makes the worker pass over it until then; DO NOTHING would lose the wake-up.
ENQUEUE = text(
    "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args) "
    "SELECT :queue, :task, key, key, jsonb_build_object('key', key) FROM unnest(CAST(:keys AS text[])) AS key "
    "ON CONFLICT (queueing_lock) WHERE status = 'todo' DO UPDATE SET queueing_lock = EXCLUDED.queueing_lock"
)


def mailbox_key(conversation_id: int) -> str:
    """The key of a conversation with unread messages."""
    return f"{MAILBOX}{conversation_id}"


def wake(session: Session, *keys: str) -> None:
    """See to it that each key is handled after this transaction is committed."""
    session.info.setdefault("woken", set()).update(keys)


def woken_by(session: Session) -> set[str]:
    """The keys this session's transaction wakes."""
    return set(session.info.get("woken", ()))


def enqueue(session: Session, keys: set[str]) -> None:
    """Insert the jobs of `keys` into PostgreSQL, in one order for everybody so that none wait for each other."""
    if keys:
        session.execute(ENQUEUE, {"queue": QUEUE, "task": TASK, "keys": sorted(keys)})


def begins_something(key: str) -> bool:
    """Whether handling it takes up new work; a lane of the outbox carries out what was decided already."""
    return key == NEWS or key.startswith(MAILBOX)


class Timers:
    """Keys to be woken later, in this process's memory: the sweeper stands in for a process that dies."""

    def __init__(self, ring: Callable[[str], None]) -> None:
        self._ring = ring
        self._set: dict[str, asyncio.TimerHandle] = {}

    def __bool__(self) -> bool:
        return bool(self._set)

    def set(self, key: str, seconds: float) -> None:
        """Ring for `key` once, so many seconds from now; an earlier setting is forgotten."""
        self.cancel(key)
        self._set[key] = asyncio.get_running_loop().call_later(seconds, self._fire, key)

    def cancel(self, key: str) -> None:
        """Forget `key`."""
        if timer := self._set.pop(key, None):
            timer.cancel()

    def clear(self) -> None:
        """Forget all."""
        for timer in self._set.values():
            timer.cancel()
        self._set.clear()

    def _fire(self, key: str) -> None:
        del self._set[key]
        self._ring(key)


async def attempt(handler: Handler, key: str) -> float | None:
    """Run the handler; what it could not do is tried again."""
    try:
        return await handler(key)
    except StoreUnavailableError:  # said where it was noticed, once; not once for every key that waits
        return STORE_SECONDS
    except Exception:
        log.exception("handling %s failed; it stays in the table and is tried again", key)
        return RETRY_SECONDS


class Wakeups:
    """In-process wake-ups."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._later = Timers(self.wake)
        self._finishing = self._closed = False

    def wake_all(self, keys: Iterable[str]) -> None:
        """Wake each; a database's listener."""
        for key in keys:
            self.wake(key)

    def wake(self, key: str) -> None:
        """See to it that `key` is handled after now; cheap to call too often."""
        if self._closed or (self._finishing and begins_something(key)):
            return
        if key in self._running:
            self._again.add(key)
            return
        self._later.cancel(key)
        self._running[key] = asyncio.create_task(self._run(key), name=f"mailbox {key}")

    async def _run(self, key: str) -> None:
        delay: float | None = None
        try:
            delay = await attempt(self._handler, key)
        finally:
            del self._running[key]
        if key in self._again:
            self._again.discard(key)
            self.wake(key)
        elif delay is not None and not self._finishing:
            self._later.set(key, delay)

    @property
    def idle(self) -> bool:
        """Nothing runs and nothing is due."""
        return not self._running and not self._later

    async def close(self, patience: timedelta = timedelta(0)) -> None:
        """Begin no turn any more; what runs, and what it wants sent, may finish for so long. The rest is let go."""
        self._finishing = True
        self._later.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience.total_seconds()):
                while self._running:
                    await asyncio.wait(self._running.values())
        self._closed = True
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
