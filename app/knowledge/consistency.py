"""Whether database and index agree, and the way back to the previous revision without showing what is gone."""

import asyncio
import sqlite3
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from app.db.engine import Database
from app.knowledge.articles import audiences, fingerprints
from app.knowledge.copies import catch_up, sound_copy
from app.knowledge.embedding import remote_embedder
from app.knowledge.errors import CopyError
from app.knowledge.hiding import Readers, current, hide
from app.knowledge.lock import alone
from app.knowledge.pointer import go_back as point_back
from app.knowledge.pointer import look
from app.knowledge.shipping import piece, stored
from retrieval.embedder import RemoteModel, load_embedder
from retrieval.knowledge import KnowledgeBase
from retrieval.parcel import ParcelDamagedError, differences, opened
from retrieval.revision import FOLDER, IndexUnusableError, pointed, roll_back, swap
from retrieval.shelf import Library, open_library
from retrieval.verification import differing, misplaced

NONE_YET = "There is no index yet; run: recado kb sync FOLDER"
NONE_PREVIOUS = "There is no previous revision of the knowledge index to go back to."


async def inconsistencies(
    database: Database, data_dir: Path, *, shared: bool = False, remote: RemoteModel | None = None
) -> list[str]:
    """What differs between database, vectors and lexical indexes, one sentence each; empty when nothing does.

    `shared`: the copy in the store too, and whether the one here is the same to the byte.
    """
    root = data_dir / FOLDER
    findings = await _compare_store(database, root) if shared else []
    written = await database.read(fingerprints)
    return findings + await asyncio.to_thread(_compare, written, root, remote)


async def inconsistencies_in_use(database: Database, knowledge: KnowledgeBase) -> list[str]:
    """The same of the index that this process searches, whose vectors cannot be opened a second time."""
    written = await database.read(fingerprints)
    found = await knowledge.inspect(partial(_compare_open, written))
    return [NONE_YET] if found is None and written else found or []


async def go_back(database: Database, data_dir: Path, *, shared: bool = False) -> str:
    """Make the previous revision current; what was deleted or given another audience since stays hidden.

    `shared`: for every worker.
    """
    root = data_dir / FOLDER
    readers = await database.read(audiences)
    if not shared:
        return await asyncio.to_thread(_go_back, readers, root)
    async with alone(root):
        previous = (await database.read(look)).previous
        if not previous:
            raise IndexUnusableError(NONE_PREVIOUS)
        folder = await sound_copy(database, root, previous)  # before anybody is sent there
        await database.write(lambda session: point_back(session, previous))
        await asyncio.to_thread(hide, root, readers, [folder])
        await asyncio.to_thread(swap, root, folder.name)
    return previous


def _go_back(readers: Readers, root: Path) -> str:
    previous = pointed(root, "PREVIOUS")
    if previous is None:
        raise IndexUnusableError(NONE_PREVIOUS)
    open_library(previous, None).close()  # before anything is changed
    hide(root, readers, [previous])
    return roll_back(root)


async def _compare_store(database: Database, root: Path) -> list[str]:
    """Whether the published revision is whole; then the copy here is brought to it, or what is damaged in it told."""
    revision = (await database.read(look)).revision
    if not revision:
        return []
    try:
        parcel = await database.read(partial(stored, revision=revision))
    except CopyError as error:
        return [str(error)]
    if parcel is None:
        return [f"The store points to the revision {revision}, which it does not hold; run: recado kb sync FOLDER"]
    findings = []
    for number, sha256 in enumerate(parcel.pieces):
        content = await database.read(partial(piece, revision=revision, number=number))
        try:
            await asyncio.to_thread(opened, content, sha256, number + 1)
        except ParcelDamagedError as error:
            findings.append(f"In the store, {error} of {revision}; run: recado kb sync --rebuild FOLDER")
    if not findings:
        async with alone(root):
            await catch_up(database, root)
        [here] = current(root)
        findings = [f"{here.name}/{file} is not as it was published." for file in differences(here, parcel)]
    return findings


def _compare(stored: Mapping[str, str], root: Path, remote: RemoteModel | None) -> list[str]:
    folder = pointed(root)
    if folder is None:
        return [NONE_YET] if stored else []
    try:
        library = open_library(folder, remote_embedder(remote) if remote else load_embedder(root))
    except IndexUnusableError as error:
        return [str(error)]
    try:
        return _compare_open(stored, library)
    finally:
        library.close()


def _compare_open(stored: Mapping[str, str], library: Library) -> list[str]:
    try:
        return [*_compare_articles(stored, library), *differing(library), *misplaced(library)]
    except sqlite3.Error:
        return [f"The knowledge index {library.manifest.revision} is damaged; run: recado kb sync --rebuild"]


def _compare_articles(stored: Mapping[str, str], library: Library) -> list[str]:
    """Keys and fingerprints in the database beside what the revision was built from."""
    indexed = library.passages.fingerprints() if library.passages else {}
    findings = [f"{key} is in the database but not in the index." for key in sorted(stored.keys() - indexed)]
    findings += [f"{key} is in the index but not in the database." for key in sorted(indexed.keys() - stored)]
    changed = sorted(key for key in stored.keys() & indexed if stored[key] != indexed[key])
    return findings + [f"{key} was changed since the index was built; run: recado kb sync" for key in changed]
