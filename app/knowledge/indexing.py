"""The index brought to what the table of articles says: built, verified, swapped, and what is gone erased."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from app.db.engine import Database
from app.knowledge.articles import audiences, fingerprints, some_articles
from app.knowledge.builder import Outcome, run_builder
from app.knowledge.copies import catch_up, sound_copy
from app.knowledge.errors import CopyError, SyncError
from app.knowledge.hiding import Readers, hide, keys_in
from app.knowledge.pointer import look
from app.knowledge.shipping import forget_previous, publish, publish_previous, stored
from retrieval.articles import corpus_fingerprint
from retrieval.embedder import MiniLM, RemoteModel, find_model
from retrieval.passage import Article
from retrieval.revision import (
    FOLDER,
    IndexUnusableError,
    Manifest,
    clear_unfinished,
    pointed,
    read_manifest,
    revision_of,
    swap,
    swap_previous,
)
from retrieval.stages import Progress, silent

log = logging.getLogger(__name__)

PAGE = 500  # articles read from the database at a time


async def index_articles(  # noqa: PLR0913 -- what is indexed, and the options of a command
    database: Database,
    data_dir: Path,
    *,
    progress: Progress | None = None,
    rebuild: bool = False,
    shared: bool = False,
    remote: RemoteModel | None = None,
) -> Outcome:
    """Bring the index to the database's state, holding `alone`; nothing is built if it is there. Raises SyncError."""
    root, heard = data_dir / FOLDER, progress or silent
    await asyncio.to_thread(clear_unfinished, root)
    if shared:
        await _begin_from_store(database, root)
    readers = await database.read(audiences)
    await asyncio.to_thread(hide, root, readers)
    manifest = await (_published(database) if shared else asyncio.to_thread(_local, root))
    wanted = corpus_fingerprint(await database.read(fingerprints)), _model(remote)
    if rebuild or manifest is None or (manifest.corpus, manifest.embedder) != wanted:
        outcome = await _build(database, root, _order(remote, articles=len(readers)), shared=shared, progress=heard)
        readers = await database.read(audiences)
        await asyncio.to_thread(hide, root, readers)
    else:
        outcome = Outcome(manifest.revision, model=manifest.embedder)
    await _erase(database, root, remote, readers, shared=shared, progress=heard)
    await database.empty_log()
    return outcome


def _order(remote: RemoteModel | None, **words: Any) -> dict[str, Any]:
    return {"remote": asdict(remote) if remote else None, **words}


async def _build(database: Database, root: Path, order: dict[str, Any], *, shared: bool, progress: Progress) -> Outcome:
    built = await run_builder(order, _articles(database), root, progress)
    if shared:
        await publish(database, root / built.revision, progress)
    progress("swapping", 0, 1)
    await asyncio.to_thread(swap, root, built.revision)
    progress("swapping", 1, 1)
    return built


async def _articles(database: Database) -> AsyncIterator[Article]:
    """All of them, by key, a page in memory at a time."""
    after = ""
    while page := await database.read(partial(some_articles, after=after, count=PAGE)):
        for article in page:
            yield article
        after = page[-1].key


async def _erase(  # noqa: PLR0913 -- one step with one caller
    database: Database, root: Path, remote: RemoteModel | None, readers: Readers, *, shared: bool, progress: Progress
) -> None:
    """Make the revision kept for going back hold nothing that was deleted: it is built again without."""
    if shared:
        await _fetch_previous(database, root)
    former, gone = await asyncio.to_thread(_gone, root, readers)
    if former is None or not gone:
        return
    progress("erasing", 0, len(gone))
    order = _order(remote, again=former.name, gone=sorted(gone), articles=0)
    try:
        if (await asyncio.to_thread(read_manifest, former)).embedder != (model := _model(remote)):
            raise SyncError(f"It was built with another model than {model or 'none'}.")  # noqa: TRY301 -- one way out
        built = await run_builder(order, _none(), root, lambda *_: None)
    except (SyncError, IndexUnusableError) as error:
        log.warning("The previous revision held deleted articles and is gone, for it cannot be built again: %s", error)
        await _forget(database, root, former.name, shared=shared)
    else:
        if shared:
            await publish_previous(database, root / built.revision, former.name)
        await asyncio.to_thread(swap_previous, root, built.revision)
    await asyncio.to_thread(hide, root, readers)
    progress("erasing", len(gone), len(gone))


async def _fetch_previous(database: Database, root: Path) -> None:
    """Have here what every worker can go back to; what cannot be had is forgotten."""
    previous, here = (await database.read(look)).previous, await asyncio.to_thread(pointed, root, "PREVIOUS")
    if previous == (revision_of(here.name) if here else ""):
        return
    try:
        name = (await sound_copy(database, root, previous)).name if previous else ""
    except CopyError as error:
        log.warning("%s Nobody can go back to it.", error)
        await database.write(partial(forget_previous, folder=previous))
        name = ""
    await asyncio.to_thread(swap_previous, root, name)


async def _forget(database: Database, root: Path, former: str, *, shared: bool) -> None:
    if shared:
        await database.write(partial(forget_previous, folder=former))
    await asyncio.to_thread(swap_previous, root, "")


async def _none() -> AsyncIterator[Article]:
    nothing: tuple[Article, ...] = ()
    for article in nothing:
        yield article


def _gone(root: Path, readers: Readers) -> tuple[Path | None, set[str]]:
    """The folder kept for going back, and what it holds of articles that are no more."""
    try:
        former = pointed(root, "PREVIOUS")
    except IndexUnusableError:
        return None, set()
    return (former, keys_in(former) - readers.keys()) if former else (None, set())


def _model(remote: RemoteModel | None) -> str:
    """What a revision built now would say of its vectors."""
    return remote.id if remote else MiniLM.id if find_model() else ""


async def _begin_from_store(database: Database, root: Path) -> None:
    """Fetch what the others search, whose vectors need not be computed again; without it, begin from what is here."""
    try:
        await catch_up(database, root)
    except CopyError as error:
        log.warning("%s A new one is built.", error)


async def _published(database: Database) -> Manifest | None:
    """What the store's current revision was built from; None when there is none that could be used."""
    pointer = await database.read(look)
    try:
        parcel = await database.read(partial(stored, revision=pointer.revision))
    except CopyError:
        return None
    return parcel.manifest if parcel else None


def _local(root: Path) -> Manifest | None:
    """The same of the revision that is current here."""
    try:
        folder = pointed(root)
        return read_manifest(folder) if folder else None
    except IndexUnusableError:
        return None
