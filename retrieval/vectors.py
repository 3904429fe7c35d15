"""Chunk vectors in Chroma: embedded, a collection per language, one owner process. Only this file knows chromadb."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock, Timeout

from retrieval.embedder import Vectors
from retrieval.passage import Language

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

BATCH = 1000  # rows per upsert; Chroma's own ceiling is 5461
HNSW = {
    "space": "cosine",
    "ef_construction": 200,
    "ef_search": 100,
    "max_neighbors": 16,
}  # recall@20 .998 at 100k chunks


SMALL = 5_000  # chunks (8 MB) kept at hand and compared with all: 0.2 ms and exact, where asking Chroma costs 5 ms


class VectorsBusyError(Exception):
    """Another process has these vectors open, and two of them corrupt the index."""


class VectorsDamagedError(Exception):
    """The vectors cannot be read; synchronising again rebuilds them."""


@contextmanager
def _damage_told() -> Iterator[None]:
    """What Chroma raises while it reads is of many kinds and means one thing."""
    try:
        yield
    except Exception as error:
        raise VectorsDamagedError(f"The vectors cannot be read ({type(error).__name__}).") from error


class VectorStore:
    """The vectors of one revision. Open it in one process at a time and close it."""

    def __init__(self, client: "ClientAPI", lock: FileLock) -> None:
        self._client = client
        self._lock = lock
        self._collections: dict[Language, Collection] = {}
        self._at_hand: dict[Language, tuple[dict[str, int], Vectors] | None] = {}

    @classmethod
    def open(cls, folder: Path) -> "VectorStore":
        """Open or create; raises VectorsBusyError, VectorsDamagedError."""
        import chromadb  # noqa: PLC0415 -- costs 2 s and is not needed without a model
        from chromadb.config import Settings  # noqa: PLC0415 -- as above

        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / ".lock", timeout=0, thread_local=False)  # opened in one thread, closed in another
        try:
            lock.acquire()
        except Timeout:
            raise VectorsBusyError(f"Another process has the vectors in {folder} open.") from None
        try:
            settings = Settings(anonymized_telemetry=False)
            return cls(chromadb.PersistentClient(str(folder), settings=settings), lock)
        except Exception as error:
            lock.release()
            raise VectorsDamagedError(f"The vectors in {folder} cannot be opened ({type(error).__name__}).") from error

    def write(self, language: Language, ids: Sequence[str], vectors: Vectors) -> None:
        """Add or replace chunks of one language."""
        collection = self._collection(language)
        self._at_hand.pop(language, None)
        for start in range(0, len(ids), BATCH):
            part = slice(start, start + BATCH)
            collection.upsert(ids=list(ids[part]), embeddings=vectors[part])

    def of(self, language: Language, ids: Sequence[str]) -> dict[str, Vectors]:
        """The vectors of the chunks named, by id; unknown ones are left out."""
        with _damage_told():
            found = self._collection(language).get(ids=list(ids), include=["embeddings"])
            return dict(zip(found["ids"], np.asarray(found["embeddings"], dtype=np.float32), strict=True))

    def ids(self, language: Language) -> set[str]:
        """The chunks stored for a language."""
        with _damage_told():
            return set(self._collection(language).get(include=[])["ids"])

    def count(self, language: Language) -> int:
        """How many chunks are stored for a language."""
        with _damage_told():
            return self._collection(language).count()

    def nearest(self, language: Language, vector: Vectors, count: int) -> dict[str, float]:
        """Cosine similarity of the `count` nearest chunks, by id."""
        with _damage_told():
            small = self._small(language)
            if small is None:
                return self._ask(language, vector, n_results=count)
        places, matrix = small
        ids, cosines = list(places), matrix @ vector
        return {ids[place]: float(cosines[place]) for place in np.argsort(-cosines, kind="stable")[:count]}

    def similarity(self, language: Language, vector: Vectors, ids: Sequence[str]) -> dict[str, float]:
        """Cosine similarity of the chunks named, by id; unknown ones are left out."""
        if not ids:
            return {}
        with _damage_told():
            small = self._small(language)
            if small is not None:
                places, vectors = small
                return {key: float(vectors[places[key]] @ vector) for key in ids if key in places}
            found = self._collection(language).get(ids=list(ids), include=["embeddings"])
        matrix = np.asarray(found["embeddings"], dtype=np.float32).reshape(len(found["ids"]), -1)
        return dict(zip(found["ids"], (matrix @ vector).tolist(), strict=True)) if found["ids"] else {}

    def _small(self, language: Language) -> tuple[dict[str, int], Vectors] | None:
        """Positions by id, and vectors, of a language that has few; None when it has many."""
        if language not in self._at_hand:
            collection = self._collection(language)
            found = collection.get(include=["embeddings"]) if collection.count() <= SMALL else None
            ids = found["ids"] if found else []
            places = {key: place for place, key in enumerate(ids)}
            self._at_hand[language] = (
                (places, np.asarray(found["embeddings"], dtype=np.float32)) if found and ids else None
            )
        return self._at_hand[language]

    def _ask(self, language: Language, vector: Vectors, **options: Any) -> dict[str, float]:
        found = self._collection(language).query(
            query_embeddings=vector.reshape(1, -1), include=["distances"], **options
        )
        distances = found["distances"] or [[]]
        return {key: 1.0 - distance for key, distance in zip(found["ids"][0], distances[0], strict=True)}

    def _collection(self, language: Language) -> "Collection":
        """Always ours to embed: with a default embedding function Chroma would fetch a model from the network."""
        if language not in self._collections:
            self._collections[language] = self._client.get_or_create_collection(
                f"chunks-{language}",
                embedding_function=None,
                configuration={"hnsw": HNSW},  # type: ignore[arg-type]
            )
        return self._collections[language]

    def close(self) -> None:
        """Let go of files and lock; the folder may be deleted afterwards."""
        self._collections.clear()
        self._at_hand.clear()
        self._client.close()  # type: ignore[attr-defined]
        self._lock.release()
