"""The service's database as somebody outside it sees it: read only, on whatever store it is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool


@dataclass(frozen=True)
class Store:
    """Where the service keeps the truth; `url` is what the service is given."""

    url: str

    @property
    def kind(self) -> str:
        return self.url.partition(":")[0].partition("+")[0]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask once, on a connection of its own that leaves no trace: closing it checkpoints nothing."""
        engine = create_engine(self._read_only, poolclass=NullPool)
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def sound(self) -> bool:
        """Whether the store's own check finds nothing; PostgreSQL has none to ask."""
        return self.kind != "sqlite" or self.rows("PRAGMA integrity_check") == [("ok",)]

    @property
    def _read_only(self) -> str:
        return (
            self.url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true"
            if self.kind == "sqlite"
            else self.url
        )


def sqlite_in(data_dir: Path) -> Store:
    return Store(f"sqlite:///{data_dir / 'recado.db'}")
