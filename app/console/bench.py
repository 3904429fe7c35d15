"""Work that takes longer than a page: how far each is in this process, for its page to show, and how the last went."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from time import monotonic

from sqlalchemy.exc import SQLAlchemyError

from app.errors import RecadoError
from app.knowledge.errors import SyncError
from app.knowledge.gaps import GapError
from retrieval.revision import IndexUnusableError

Heard = Callable[[str, int, int], None]  # stage, done, in all
Work = Callable[[Heard], Awaitable[object]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. `trouble` is the sentence of the wording that says why it did not come to its end."""

    kind: str
    stage: str = ""
    done: int = 0
    total: int = 0
    ended_at: float | None = None  # monotonic seconds; None = under way
    trouble: str = ""

    @property
    def active(self) -> bool:
        """Still under way."""
        return self.ended_at is None


class Bench:
    """The newest job under each name; one at a time. The end of the process drops those under way."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def job(self, name: str) -> Job | None:
        """The one under way, or the last."""
        return self._jobs.get(name)

    def rested(self, name: str) -> float:
        """Seconds since the last one ended; infinite before the first, 0 while one is under way."""
        job = self._jobs.get(name)
        if job is None:
            return float("inf")
        return monotonic() - job.ended_at if job.ended_at is not None else 0.0

    async def begin(self, name: str, kind: str, work: Work, *, wait: float = 0.0) -> Job:
        """Do it behind the page's back, unless one of this name is under way; the job after at most `wait` seconds.

        What it raises on purpose becomes the job's trouble.
        """
        if name not in self._tasks:
            self._jobs[name] = Job(kind)
            task = asyncio.create_task(self._run(name, work), name=name)
            task.add_done_callback(lambda _: self._tasks.pop(name, None))
            self._tasks[name] = task
        await asyncio.wait({self._tasks[name]}, timeout=wait)
        return self._jobs[name]

    def drop(self) -> None:
        """The process ends."""
        for task in self._tasks.values():
            task.cancel()

    async def _run(self, name: str, work: Work) -> None:
        def hear(stage: str, done: int, total: int) -> None:
            self._jobs[name] = replace(self._jobs[name], stage=stage, done=done, total=total)

        trouble = "errors.gap.failed"
        try:
            await work(hear)
            trouble = ""
        except (RecadoError, IndexUnusableError, SQLAlchemyError, OSError) as error:
            log.warning("Work on %s came to no end (%s).", name, type(error).__name__)
            trouble = trouble_of(error)
        finally:
            self._jobs[name] = replace(self._jobs[name], ended_at=monotonic(), trouble=trouble)


def trouble_of(error: Exception) -> str:
    """The sentence of the wording for an error."""
    if isinstance(error, GapError):
        return f"errors.gap.{error.reason}"
    if isinstance(error, SyncError | IndexUnusableError):
        return "errors.gap.index"
    return "errors.gap.failed"
