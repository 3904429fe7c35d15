"""SQLite: one thread owns the only writing connection and commits many callers' work at once (group commit).

With `synchronous=FULL` a commit is one disk flush, and a pool of writers fights for the same lock (measured p99 0.9 s).
"""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool

from app.audit.chain import seal
from app.db.engine import Database, Listener, T, Work
from app.errors import StoreUnavailableError
from app.wakeups import woken_by

log = logging.getLogger(__name__)

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
            seal(session)
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


class SqliteDatabase(Database):
    """One SQLite file with one writing thread, opened only by the process that owns the data directory."""

    def __init__(self, url: str) -> None:
        if sqlite3.sqlite_version_info < WAL_RESET_FIXED:
            log.info("SQLite %s has the WAL-reset bug; safe here: one writing connection.", sqlite3.sqlite_version)
        self.url = url
        self.engine = _sqlite_engine(url, writing=True)
        self._reader_engine = _sqlite_engine(url, writing=False)
        self._listener: Listener | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="db-read")
        self._thread = threading.Thread(target=self._write_forever, name="db-write", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[Session], T]) -> T:
        """As promised; the commit is shared with others, and `work` runs a second time when one of those fails."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work, future))
        return await future

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` on one consistent snapshot, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def _read(self, work: Callable[[Session], T]) -> T:
        with Session(self._reader_engine, expire_on_commit=False) as session:
            return work(session)

    async def empty_log(self, *, thorough: bool = False) -> bool:  # noqa: ARG002 -- here it always is
        """Move the write-ahead log into the file, where deleted rows are overwritten, and cut it to nothing."""
        return await asyncio.to_thread(self._empty_log)

    def _empty_log(self) -> bool:
        connection = self.engine.raw_connection()  # the only one that writes: the writing thread waits for it meanwhile
        try:
            busy, _, _ = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
        finally:
            connection.close()

    def listen(self, listener: Listener) -> None:
        """One process, one listener: it is told on the loop that asked for the write."""
        self._listener = listener

    async def close(self) -> None:
        """Finish what was asked and let go of the file."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._readers.shutdown()
        self._reader_engine.dispose()
        self.engine.dispose()

    def _write_forever(self) -> None:
        while (first := self._jobs.get()) is not None:
            jobs, closing = self._gather(first)
            woken = self._commit(jobs)
            self.refusing = any(isinstance(job.error, StoreUnavailableError) for job in jobs)
            by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
            for job in jobs:
                by_loop.setdefault(job.future.get_loop(), []).append(job)
            for loop, settled in by_loop.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(self._settle, settled, woken)
                    woken = set()
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

    def _settle(self, jobs: list[_Job], woken: set[str]) -> None:
        for job in jobs:
            job.settle()
        if woken and self._listener is not None:
            self._listener(woken)

    def _commit(self, jobs: list[_Job]) -> set[str]:
        """Commit all in one flush; when one's work fails, each by itself, so that it undoes only its own.

        Returns the keys that what was kept wakes.
        """
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                session.connection()  # BEGIN IMMEDIATE: a lock held from outside is nobody's fault here
                for job in jobs:
                    job.run(session)
                woken = woken_by(session)
        except _WorkFailedError:
            return set().union(*(self._commit([job]) for job in jobs)) if len(jobs) > 1 else set()
        except (SQLAlchemyError, sqlite3.Error) as error:
            log.error("commit of %d writes failed: %s", len(jobs), type(error).__name__)  # noqa: TRY400 -- SQL text may hold data
            for job in jobs:
                job.error = StoreUnavailableError("the database did not take the write")
            return set()
        return woken
