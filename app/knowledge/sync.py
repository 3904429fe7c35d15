"""A folder of articles into the database, and the database into the index: exactly what changed, no more."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.db.engine import Database
from app.knowledge.articles import remove, store_folder
from app.knowledge.errors import SyncError
from app.knowledge.indexing import index_articles
from app.knowledge.lock import alone
from retrieval.articles import read_folder
from retrieval.embedder import RemoteModel
from retrieval.revision import FOLDER
from retrieval.stages import Progress


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a synchronisation did. Articles by key, failures as (file, reason)."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    embedded: int = 0  # chunks the model had to read
    revision: str = ""
    model: str = ""  # empty = words only
    seconds: float = field(default=0.0, compare=False)

    def __str__(self) -> str:
        counts = ("added", "changed", "removed", "unchanged", "failed")
        told = ", ".join(f"{len(getattr(self, name))} {name}" for name in counts if getattr(self, name))
        without = "" if self.model else "; no embedding model, searching by words only"
        return f"{told or 'no articles'}; {self.embedded} chunks embedded in {self.seconds:.1f} s{without}"


async def sync_folder(  # noqa: PLR0913 -- what is synchronised, and three options of a command
    database: Database,
    folder: Path,
    data_dir: Path,
    *,
    progress: Progress | None = None,
    rebuild: bool = False,
    shared: bool = False,
    remote: RemoteModel | None = None,
) -> SyncReport:
    """Make articles and index equal to `folder`; raises SyncError with a sentence.

    An article whose file cannot be read any more stays as it was, for it is a mistake rather than a wish. `shared`: the
    index goes into the store too, for workers elsewhere. `remote`: where vectors come from instead of the embedded
    model; another one makes a new revision, for vectors never mix.
    """
    if not await asyncio.to_thread(folder.is_dir):
        raise SyncError(f"{folder} is not a folder.")
    started = time.monotonic()
    async with alone(data_dir / FOLDER):
        found = await asyncio.to_thread(read_folder, folder)
        difference = await database.write(lambda session: store_folder(session, found, datetime.now(UTC)))
        index = await index_articles(
            database, data_dir, progress=progress, rebuild=rebuild, shared=shared, remote=remote
        )
    return SyncReport(
        added=difference.added,
        changed=difference.changed,
        removed=difference.removed,
        unchanged=difference.unchanged,
        failed=tuple((error.name, error.reason) for error in found.failures),
        embedded=index.embedded,
        revision=index.revision,
        model=index.model,
        seconds=time.monotonic() - started,
    )


async def delete_article(
    database: Database, key: str, data_dir: Path, *, shared: bool = False, remote: RemoteModel | None = None
) -> bool:
    """Take an article out of the database and out of every search at once; False when there was none."""
    async with alone(data_dir / FOLDER):
        gone = await database.write(lambda session: remove(session, key))
        if gone:
            await index_articles(database, data_dir, shared=shared, remote=remote)
    return gone
