"""The database: `await db.write(fn)` and `await db.read(fn)`, where `fn` is a plain function of a session.

On SQLite one thread owns the only writing connection and commits many callers' work at once (group commit): with
`synchronous=FULL` a commit is one disk flush, and a pool of writers fights for the same lock (measured p99 0.9 s).
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from app.errors import ConfigurationError, StoreUnavailableError

log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[Session], Any]

GROUP_SIZE = 256  # callers per commit; more only adds latency once the flush is shared
READERS = 4  # threads; reads are short
BUSY_MS = 5_000  # how long a statement waits for a lock held from outside
WAL_RESET_FIXED = (3, 51, 3)  # sqlite.org/changes: earlier versions may lose commits with two writing connections


class _WorkFailedError(Exception):
    """A caller's work raised; its own error is kept with it."""


@dataclass(slots=True)
class _Job:
    """One caller's work and where its outcome goes."""

    work: Work
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None

    def run(self, session: Session) -> None:
        """Do the work in a transaction that others share; raises `_WorkFailedError` when it cannot be committed."""
        self.error = None
        try:
            self.result = self.work(session)
            session.flush()
            session.expunge_all()
        except OperationalError as error:  # the disk or the file, not the work: full, unreadable
            self.error = StoreUnavailableError("the database did not take the write")
            raise _WorkFailedError from error
        except Exception as error:
            self.error = error
            raise _WorkFailedError from error

    def settle(self) -> None:
        """Tell the caller; runs on the caller's loop."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def _prepare(dbapi: sqlite3.Connection, *, writing: bool) -> None:
    dbapi.isolation_level = None  # we say BEGIN ourselves
    pragmas = ["journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"]
    pragmas += ["secure_delete=ON"] if writing else ["query_only=ON"]
    for pragma in pragmas:
        dbapi.execute(f"PRAGMA {pragma}")


def _sqlite_engine(url: str, *, writing: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=1 if writing else READERS,
        max_overflow=0,
        connect_args={"check_same_thread": False},
    )
    event.listen(engine, "connect", lambda dbapi, _record: _prepare(dbapi, writing=writing))
    event.listen(engine, "begin", lambda c: c.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN"))
    return engine


class Database:
    """One SQLite file with one writing thread, opened only by the process that owns the data directory."""

    def __init__(self, url: str) -> None:
        if make_url(url).get_backend_name() != "sqlite":
            raise ConfigurationError("RECADO_DATABASE__URL: only sqlite:/// URLs are supported by this version.")
        if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
            log.info("SQLite %s has the WAL-reset bug; safe here: one writing connection.", sqlite3.sqlite_version)
        self.url = url
        self.writer_engine = _sqlite_engine(url, writing=True)
        self.reader_engine = _sqlite_engine(url, writing=False)
        self.refusing = False  # the latest writes were not taken: locked from outside, disk full
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="db-read")
        self._thread = threading.Thread(target=self._write_forever, name="db-write", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` as in a transaction of its own; returns once it is on disk. Its exceptions undo it and come back.

        It shares the commit with others and runs a second time when one of those fails: it only uses the session.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work, future))
        return await future

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` on one consistent snapshot, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def _read(self, work: Callable[[Session], T]) -> T:
        with Session(self.reader_engine, expire_on_commit=False) as session:
            return work(session)

    async def close(self) -> None:
        """Finish what was asked and let go of the file."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._readers.shutdown()
        self.reader_engine.dispose()
        self.writer_engine.dispose()

    def _write_forever(self) -> None:
        while (first := self._jobs.get()) is not None:
            jobs, closing = self._gather(first)
            self._commit(jobs)
            self.refusing = any(isinstance(job.error, StoreUnavailableError) for job in jobs)
            by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
            for job in jobs:
                by_loop.setdefault(job.future.get_loop(), []).append(job)
            for loop, settled in by_loop.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(_settle_all, settled)
            if closing:
                return

    def _gather(self, first: _Job) -> tuple[list[_Job], bool]:
        jobs = [first]
        while len(jobs) < GROUP_SIZE:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, True
            jobs.append(job)
        return jobs, False

    def _commit(self, jobs: list[_Job]) -> None:
        """Commit all in one flush; when one's work fails, each by itself, so that it undoes only its own."""
        try:
            with Session(self.writer_engine, expire_on_commit=False) as session, session.begin():
                session.connection()  # BEGIN IMMEDIATE: a lock held from outside is nobody's fault here
                for job in jobs:
                    job.run(session)
        except _WorkFailedError:
            if len(jobs) > 1:
                for job in jobs:
                    self._commit([job])
        except (SQLAlchemyError, sqlite3.Error) as error:
            log.error("commit of %d writes failed: %s", len(jobs), type(error).__name__)  # noqa: TRY400 -- SQL text may hold data
            for job in jobs:
                job.error = StoreUnavailableError("the database did not take the write")


def _settle_all(jobs: list[_Job]) -> None:
    for job in jobs:
        job.settle()
