"""The chunks of a revision as readers see them, with their stems: one SQLite file, written once."""

import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from retrieval.chunks import Chunk

_TABLE = """CREATE TABLE chunk (
  article TEXT, number INTEGER, id TEXT, heading TEXT, text TEXT, stems TEXT, PRIMARY KEY (article, number)
)"""  # with row ids: as part of an index a text takes a page of its own, and the file three times the space


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk and the stems of its words and headings."""

    chunk: Chunk
    stems: frozenset[str]


def write_passages(file: Path, rows: Iterable[tuple[str, int, Chunk, Sequence[str]]]) -> None:
    """Store (article key, number, chunk, stems)."""
    connection = sqlite3.connect(file)
    connection.execute(_TABLE)
    connection.executemany(
        "INSERT INTO chunk VALUES (?, ?, ?, ?, ?, ?)",
        ((key, number, c.id, c.heading, c.text, " ".join(sorted(set(stems)))) for key, number, c, stems in rows),
    )
    connection.commit()
    connection.close()


class PassageStore:
    """Read-only and shared by threads, one at a time."""

    def __init__(self, file: Path) -> None:
        address = f"file:{file}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        self._lock = threading.Lock()

    def of(self, article: str) -> list[StoredChunk]:
        """An article's chunks in reading order."""
        query = "SELECT id, heading, text, stems FROM chunk WHERE article = ? ORDER BY number"
        with self._lock:
            rows = self._connection.execute(query, (article,)).fetchall()
        return [StoredChunk(Chunk(id_, heading, text), frozenset(stems.split())) for id_, heading, text, stems in rows]

    def ids(self) -> set[str]:
        """All chunk ids."""
        with self._lock:
            return {row[0] for row in self._connection.execute("SELECT id FROM chunk")}

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()
