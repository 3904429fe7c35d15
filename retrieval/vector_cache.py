"""Vectors already computed, by model and text: an unchanged text is never embedded twice."""

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from retrieval.embedder import Embedder, Vectors

log = logging.getLogger(__name__)

BATCH = 64  # texts per call and commit: a build that is stopped keeps what it paid for


def kept_in(file: Path, embedder: Embedder) -> Callable[[Sequence[str]], Vectors]:
    """An `embed` that knows what it was asked before, in any thread; a file that cannot be used is done without."""

    def embed(texts: Sequence[str]) -> Vectors:
        try:
            with closing(VectorCache(file, embedder)) as cache:
                return cache.embed(texts)
        except (sqlite3.Error, OSError) as error:
            log.warning("%s cannot be used (%s); embedding again.", file, error)
            return embedder.embed(texts)

    return embed


def digest(text: str) -> str:
    """The identity of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


class VectorCache:
    """A SQLite file below the data directory; it can be deleted at any time, at the price of embedding again."""

    def __init__(self, file: Path, embedder: Embedder) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._embedder = embedder
        self._connection = sqlite3.connect(file)
        self._connection.execute("PRAGMA secure_delete=ON")  # from a vector its text can be guessed
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS vector (model TEXT, text TEXT, vector BLOB, PRIMARY KEY (model, text))"
        )

    @property
    def model(self) -> str:
        """Whose vectors it keeps."""
        return self._embedder.id

    @property
    def is_empty(self) -> bool:
        """Nothing of this model is known."""
        query = "SELECT 1 FROM vector WHERE model = ? LIMIT 1"
        return self._connection.execute(query, (self.model,)).fetchone() is None

    def embed(self, texts: Sequence[str], done: Callable[[int], None] = lambda _: None) -> Vectors:
        """One vector per text, computing only the unknown; `done` hears how many more are finished."""
        keys = [digest(text) for text in texts]
        known = self._known(set(keys))
        done(sum(key in known for key in keys))
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        self._compute(missing, known, done)
        # An endpoint may change its model behind the same name: vectors of another length are computed again.
        length = self._embedder.dimension
        stale = {key: text for key, text in zip(keys, texts, strict=True) if length and len(known[key]) != length}
        self._compute(stale, known, lambda _: None)
        self.computed = len(missing) + len(stale)
        if not keys:
            return np.zeros((0, length), np.float32)
        return np.stack([known[key] for key in keys]).astype(np.float32)

    def _compute(self, texts: dict[str, str], known: dict[str, Vectors], done: Callable[[int], None]) -> None:
        todo = list(texts.items())
        for start in range(0, len(todo), BATCH):
            part = dict(todo[start : start + BATCH])
            known.update(zip(part, self._embedder.embed(list(part.values())), strict=True))
            self.keep({key: known[key] for key in part})
            self.commit()
            done(len(part))

    computed = 0  # texts embedded by the last call of `embed`

    def forget_all_but(self, keys: Iterable[str]) -> None:
        """Drop the vectors of texts that are gone."""
        with closing(self._connection.cursor()) as cursor:
            cursor.execute("CREATE TEMP TABLE kept (text TEXT PRIMARY KEY)")
            cursor.executemany("INSERT OR IGNORE INTO kept VALUES (?)", ((key,) for key in keys))
            cursor.execute("DELETE FROM vector WHERE text NOT IN (SELECT text FROM kept)")
            cursor.execute("DROP TABLE kept")
        self._connection.commit()

    def keep(self, vectors: Mapping[str, Vectors]) -> None:
        """Remember vectors by the digest of their text, once it is committed."""
        rows = [(self.model, key, vector.tobytes()) for key, vector in vectors.items()]
        self._connection.executemany("INSERT OR REPLACE INTO vector VALUES (?, ?, ?)", rows)

    def commit(self) -> None:
        """What was kept is kept for good."""
        self._connection.commit()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _known(self, keys: set[str]) -> dict[str, Vectors]:
        query = "SELECT vector FROM vector WHERE model = ? AND text = ?"
        rows = ((key, self._connection.execute(query, (self.model, key)).fetchone()) for key in keys)
        return {key: np.frombuffer(row[0], np.float32) for key, row in rows if row}
