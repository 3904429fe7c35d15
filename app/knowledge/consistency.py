"""Whether database and index agree, and the way back to the previous revision without showing what is gone."""

import asyncio
from functools import partial
from pathlib import Path

from app.db.engine import Database
from app.knowledge.articles import all_articles, audiences
from app.knowledge.copies import catch_up, sound_copy
from app.knowledge.embedding import remote_embedder
from app.knowledge.errors import CopyError
from app.knowledge.hiding import Readers, current, hide
from app.knowledge.lock import alone
from app.knowledge.pointer import go_back as point_back
from app.knowledge.pointer import look
from app.knowledge.shipping import piece, stored
from retrieval.articles import corpus_fingerprint, fingerprint
from retrieval.embedder import RemoteModel, load_embedder
from retrieval.parcel import ParcelDamagedError, differences, opened
from retrieval.passage import Article
from retrieval.revision import FOLDER, IndexUnusableError, pointed, roll_back, swap
from retrieval.shelf import Library, open_library

NONE_PREVIOUS = "There is no previous revision of the knowledge index to go back to."


async def inconsistencies(
    database: Database, data_dir: Path, *, shared: bool = False, remote: RemoteModel | None = None
) -> list[str]:
    """What differs between database, vectors and lexical indexes, one sentence each; empty when nothing does.

    `shared`: the copy in the store too, and whether the one here is the same to the byte.
    """
    root = data_dir / FOLDER
    findings = await _compare_store(database, root) if shared else []
    articles = await database.read(all_articles)
    return findings + await asyncio.to_thread(_compare, articles, root, remote)


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


def _compare(articles: list[Article], root: Path, remote: RemoteModel | None) -> list[str]:
    folder = pointed(root)
    if folder is None:
        return ["There is no index yet; run: recado kb sync FOLDER"] if articles else []
    try:
        library = open_library(folder, remote_embedder(remote) if remote else load_embedder(root))
    except IndexUnusableError as error:
        return [str(error)]
    try:
        return [*_compare_articles(articles, library), *_compare_chunks(library)]
    finally:
        library.close()


def _compare_articles(articles: list[Article], library: Library) -> list[str]:
    stored = {article.key for article in articles}
    indexed = {card.key for shelf in library.shelves.values() for card in shelf.cards}
    findings = [f"{key} is in the database but not in the index." for key in sorted(stored - indexed)]
    findings += [f"{key} is in the index but not in the database." for key in sorted(indexed - stored)]
    corpus = corpus_fingerprint({article.key: fingerprint(article) for article in articles})
    if not findings and corpus != library.manifest.corpus:
        findings.append("Some articles were changed since the index was built; run: recado kb sync FOLDER")
    return findings


def _compare_chunks(library: Library) -> list[str]:
    passages = library.passages.ids() if library.passages else set()
    if library.vectors is None:
        return []
    vectors = {key for language in library.shelves for key in library.vectors.ids(language)}
    findings = [f"{key} has no vector." for key in sorted(passages - vectors)]
    return findings + [f"{key} has a vector but no text." for key in sorted(vectors - passages)]
