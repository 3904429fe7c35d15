"""A folder of articles into the database, and the database into the index: exactly what changed, no more."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy.orm import Session

from app.db.engine import Database
from app.knowledge.articles import remove
from app.knowledge.builder import Outcome
from app.knowledge.carrying import INDEX, Runner, Workshop
from app.knowledge.carrying import Progress as Where
from app.knowledge.catalogue import get_source, put_source
from app.knowledge.errors import SourceTermsError, SyncError
from app.knowledge.indexing import index_articles
from app.knowledge.lock import alone
from app.knowledge.sources.terms import Options, Terms
from retrieval.embedder import RemoteModel
from retrieval.revision import FOLDER
from retrieval.stages import Progress

FOLDER_SOURCE = "folder"  # the source that `recado kb sync FOLDER` means


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a synchronisation did. Articles by key, failures as (file, reason)."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()  # files, from and to
    renamed: tuple[tuple[str, str], ...] = ()  # keys from and to; neither added nor removed
    duplicates: tuple[tuple[str, str], ...] = ()  # file, and the key that has its text already
    failed: tuple[tuple[str, str], ...] = ()
    embedded: int = 0  # chunks the model had to read
    revision: str = ""
    model: str = ""  # empty = words only
    seconds: float = field(default=0.0, compare=False)

    def __str__(self) -> str:
        counts = ("added", "changed", "removed", "renamed", "unchanged", "duplicates", "failed")
        told = ", ".join(f"{len(getattr(self, name))} {name}" for name in counts if getattr(self, name))
        without = "" if self.model else "; no embedding model, searching by words only"
        return f"{told or 'no articles'}; {self.embedded} chunks embedded in {self.seconds:.1f} s{without}"


async def sync_folder(  # noqa: PLR0913 -- what is synchronised, and options of a command
    database: Database,
    folder: Path,
    data_dir: Path,
    *,
    progress: Progress | None = None,
    rebuild: bool = False,
    force: bool = False,
    shared: bool = False,
    remote: RemoteModel | None = None,
) -> SyncReport:
    """Make articles and index equal to `folder`, the source of that name; raises SyncError with a sentence.

    An article whose file cannot be read any more stays as it was, for it is a mistake rather than a wish. `force`: more
    than half of its articles may go at once. `shared`: the index goes into the store too, for workers elsewhere.
    `remote`: where vectors come from instead of the embedded model; another one makes a new revision, for vectors never
    mix.
    """
    shop = workshop(database, data_dir, shared=shared, remote=remote)
    where = await asyncio.to_thread(folder.resolve)
    await database.write(lambda session: _put_folder(session, where, shop.clock()))

    def tell(now: Where) -> None:
        if progress and now.stage in INDEX:
            progress(INDEX[now.stage], now.done, now.total)

    report = await Runner(shop, tell).do([FOLDER_SOURCE], by="recado kb sync", force=force, rebuild=rebuild)
    [told] = report.sources
    if report.index is None:
        raise SyncError(told.message)
    return SyncReport(
        added=told.added,
        changed=told.changed,
        removed=told.removed,
        unchanged=told.unchanged,
        moved=told.moved,
        renamed=told.renamed,
        duplicates=told.duplicates,
        failed=told.failed,
        embedded=report.index.embedded,
        revision=report.index.revision,
        model=report.index.model,
        seconds=report.seconds,
    )


def _put_folder(session: Session, where: Path, now: datetime) -> None:
    """The source of the command's folder: as it is configured, or strictly front matter, by hand."""
    try:
        terms = get_source(session, FOLDER_SOURCE).terms
    except SourceTermsError:
        options = Options(plain=False)
        terms = Terms(name=FOLDER_SOURCE, kind="folder", location=str(where), options=options)
    if terms.kind != "folder":
        raise SyncError(f"The source {FOLDER_SOURCE} is no folder; name it instead: recado kb sync {FOLDER_SOURCE}")
    put_source(session, terms.model_copy(update={"location": str(where)}), now)


def workshop(
    database: Database,
    data_dir: Path,
    *,
    clock: Callable[[], datetime] | None = None,
    shared: bool = False,
    remote: RemoteModel | None = None,
) -> Workshop:
    """What runs are carried out with, around this store and this folder."""

    async def index(progress: Progress, *, rebuild: bool) -> Outcome:
        async with alone(data_dir / FOLDER):
            return await index_articles(
                database, data_dir, progress=progress, rebuild=rebuild, shared=shared, remote=remote
            )

    return Workshop(database, clock or partial(datetime.now, UTC), index)


async def delete_article(
    database: Database, key: str, data_dir: Path, *, shared: bool = False, remote: RemoteModel | None = None
) -> bool:
    """Take an article out of the database and out of every search at once; False when there was none."""
    async with alone(data_dir / FOLDER):
        gone = await database.write(lambda session: remove(session, key))
        if gone:
            await index_articles(database, data_dir, shared=shared, remote=remote)
    return gone
