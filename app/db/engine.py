"""The database: `await db.write(fn)` and `await db.read(fn)`, where `fn` is a plain function of a session.

The same functions serve SQLite (`app.db.sqlite`) and PostgreSQL (`app.db.postgres`). A function may run more than once
before it is kept: it only uses its session.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, func, make_url, select
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import Session

from app.errors import ConfigurationError

T = TypeVar("T")
Work = Callable[[Session], Any]
Listener = Callable[[Iterable[str]], None]  # told after a commit which keys it woke (`app.wakeups.wake`)


class Database(ABC):
    """One store; open it with `open_database`."""

    url: str
    engine: Engine  # for migrations and for looking, in a thread of one's own
    refusing = False  # the latest writes were not taken: locked from outside, disk full, server away

    @abstractmethod
    async def write(self, work: Callable[[Session], T]) -> T:
        """Run `work` as in a transaction of its own; returns once it is on disk. Its exceptions undo it and come back.

        Raises:
            StoreUnavailableError: nobody knows more than that it was not confirmed; do it again, by the same key.
        """

    @abstractmethod
    async def read(self, work: Callable[[Session], T]) -> T:
        """Run `work` on one consistent snapshot, in a thread."""

    @abstractmethod
    async def empty_log(self, *, thorough: bool = False) -> bool:
        """Leave nothing of what was deleted in the files; False when somebody reads it still: do it again.

        `thorough`: PostgreSQL frees it now, which reads every table, instead of when its autovacuum comes.
        """

    @abstractmethod
    async def close(self) -> None:
        """Finish what was asked and let go."""

    @abstractmethod
    def listen(self, listener: Listener) -> None:
        """Tell `listener` what commits of this process wake, where no queue in the store does."""

    @property
    def is_shared(self) -> bool:
        """Several processes use this store at once."""
        return self.engine.dialect.name == "postgresql"


def open_database(url: str) -> Database:
    """Open the store at a SQLAlchemy URL; raises `ConfigurationError` for one we do not know."""
    match backend_of(url):
        case "sqlite":
            from app.db.sqlite import SqliteDatabase  # noqa: PLC0415 -- its thread and its log line only where used

            return SqliteDatabase(url)
        case "postgresql":
            from app.db.postgres import PostgresDatabase  # noqa: PLC0415 -- brings psycopg

            return PostgresDatabase(url)
    raise ConfigurationError("RECADO_DATABASE__URL: use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE.")


def engine_to_look(url: str) -> Engine:
    """An engine for looking in from outside, beside whoever owns the store."""
    if backend_of(url) != "postgresql":
        return create_engine(url)
    from app.db.postgres import CONNECTING, driver_url  # noqa: PLC0415 -- brings psycopg

    return create_engine(driver_url(url), connect_args={"connect_timeout": CONNECTING})


def backend_of(url: str) -> str:
    """The kind of store a URL names; "" for what is none."""
    try:
        name = make_url(url).drivername.partition("+")[0]
    except ArgumentError:
        return ""
    return "postgresql" if name == "postgres" else name


def shown_url(url: str) -> str:
    """The URL without its password, for people."""
    return make_url(url).render_as_string(hide_password=True)


def one_at_a_time(session: Session, key: str) -> None:
    """Nobody else passes here with the same key before this transaction ends.

    Where rules count rows that others add (limits of codes, news told once), reading them is not enough on PostgreSQL;
    on SQLite nobody else writes anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
