"""PostgreSQL: a small pool of threads, each transaction on its own connection, for as many processes as there are.

Functions that were written for one writer stay right: rows are locked where they are weighed (`with_for_update`,
`one_at_a_time`), and who loses a race to another process runs again and sees what the winner wrote.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from psycopg import Connection
from psycopg.errors import DeadlockDetected, SerializationFailure, UniqueViolation
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from app.audit.chain import seal
from app.db.engine import Database, Listener, T
from app.errors import StoreUnavailableError
from app.wakeups import enqueue, woken_by

log = logging.getLogger(__name__)

WRITERS = 8  # transactions at once in a process; more wait for the same disk
READERS = 4
TRIES = 5  # of a transaction that lost a race; each time somebody else's was kept
CONNECTING = 5  # seconds
# A lock or an answer is waited for as long as SQLite's busy timeout; a peer that vanished is noticed within 15 s.
OPTIONS = "-c lock_timeout=5s -c statement_timeout=30s -c idle_in_transaction_session_timeout=60s"
KEEPALIVE = {"keepalives_idle": 5, "keepalives_interval": 3, "keepalives_count": 3, "tcp_user_timeout": 15_000}
LOST_RACE = (DeadlockDetected, SerializationFailure, UniqueViolation)


class StorableText(StrDumperUnknown):
    """Text as PostgreSQL takes it: people's words may hold NUL, which it refuses, or half a character."""

    def dump(self, obj: str) -> bytes:
        """Without the one, with "?" for the other."""
        return obj.replace("\0", "").encode("utf-8", "replace")


def driver_url(url: str) -> str:
    """The URL with the driver we use, whatever it named."""
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


def conninfo(url: str) -> str:
    """The URL as libpq reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _engine(url: str, threads: int, isolation: str) -> Engine:
    engine = create_engine(
        driver_url(url),
        pool_size=threads,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level=isolation,
        connect_args={"connect_timeout": CONNECTING, "options": OPTIONS, **KEEPALIVE},
    )
    event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Connection[Any], _record: Any) -> None:
    connection.adapters.register_dumper(str, StorableText)


class PostgresDatabase(Database):
    """One database of a PostgreSQL server, shared with other processes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url, WRITERS, "READ COMMITTED")
        self._reader_engine = _engine(url, READERS, "REPEATABLE READ").execution_options(postgresql_readonly=True)
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="db-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="db-read")

    async def write(self, work: Callable[[Session], T]) -> T:
        """As promised; `work` runs again when another process changed what it had read."""
        return await asyncio.get_running_loop().run_in_executor(self._writers, self._write, work)

    async def read(self, work: Callable[[Session], T]) -> T:
        """One snapshot, which no other process's commit changes."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def empty_log(self, *, thorough: bool = False) -> bool:
        """Autovacuum frees deleted rows and checkpoints recycle the log; `thorough` does not wait for the former."""
        if not thorough:
            return True
        await asyncio.get_running_loop().run_in_executor(self._writers, self._vacuum)
        return True

    def _vacuum(self) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("RESET statement_timeout")

    def listen(self, listener: Listener) -> None:
        """Wake-ups are jobs in the database: whichever worker is free hears of them."""

    async def close(self) -> None:
        """Finish what was asked and close the connections."""
        await asyncio.to_thread(self._writers.shutdown)
        await asyncio.to_thread(self._readers.shutdown)
        self._reader_engine.dispose()
        self.engine.dispose()

    def _write(self, work: Callable[[Session], T]) -> T:
        for attempt in range(1, TRIES + 1):
            try:
                result = self._once(work)
            except (OperationalError, IntegrityError) as error:
                if attempt < TRIES and isinstance(error.orig, LOST_RACE):
                    continue
                raise self._seen(error) from error
            except InterfaceError as error:
                raise self._seen(error) from error
            self.refusing = False
            return result
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _once(self, work: Callable[[Session], T]) -> T:
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            result = work(session)
            session.flush()
            enqueue(session, woken_by(session))
            seal(session)  # last: others that continue the chain wait from here to the commit
            session.expunge_all()
            return result

    def _read(self, work: Callable[[Session], T]) -> T:
        try:
            with Session(self._reader_engine, expire_on_commit=False) as session:
                return work(session)
        except (OperationalError, InterfaceError) as error:
            raise self._seen(error) from error

    def _seen(self, error: DBAPIError) -> Exception:
        """What the caller should know: a constraint is its own matter, everything else is the store's."""
        if isinstance(error, IntegrityError):
            return error
        self.refusing = True
        log.error("the database did not take it: %s", type(error.orig).__name__)
        return StoreUnavailableError("the database did not take it")
