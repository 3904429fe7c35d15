"""The service's database as somebody outside it sees it: read only, on whatever store it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from tests.stores import sqlalchemy_url


@dataclass(frozen=True)
class Store:
    """Where the service keeps the truth; `url` is what the service is given."""

    url: str

    @property
    def is_shared(self) -> bool:
        """Several processes use it at once."""
        return not self.url.startswith("sqlite")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask once, on a connection of its own that leaves no trace: closing it checkpoints nothing."""
        with self._engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def change(self, statement: str, **values: Any) -> None:
        """Write behind the service's back."""
        engine = create_engine(sqlalchemy_url(self.url), poolclass=NullPool)
        with engine.begin() as connection:
            connection.execute(text(statement), values)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Somebody else's transaction holds what the service writes."""
        engine = create_engine(sqlalchemy_url(self.url), poolclass=NullPool)
        with engine.connect() as connection:
            if self.is_shared:
                connection.execute(text("LOCK TABLE conversation, inbox, outbox IN ACCESS EXCLUSIVE MODE"))
            else:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield
            connection.rollback()

    def sound(self) -> bool:
        """Whether the store's own check finds nothing; PostgreSQL has none to ask."""
        return self.is_shared or self.rows("PRAGMA integrity_check") == [("ok",)]

    @cached_property
    def _engine(self) -> Engine:
        if self.is_shared:
            return create_engine(sqlalchemy_url(self.url), poolclass=NullPool)
        return create_engine(
            self.url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true", poolclass=NullPool
        )


@dataclass(frozen=True)
class Home:
    """A founded company's files and store, of a test's own."""

    data_dir: Path
    store: Store
    way: str = ""  # the URL by which the service reaches the store, where it is another than ours

    @property
    def url(self) -> str:
        return self.way or self.store.url


def sqlite_home(data_dir: Path) -> Home:
    return Home(data_dir, Store(f"sqlite:///{data_dir / 'recado.db'}"))
