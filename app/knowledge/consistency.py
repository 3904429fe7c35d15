"""Whether database and index agree, and the way back to the previous revision without showing what is gone."""

import asyncio
from pathlib import Path

from app.db.engine import Database
from app.knowledge.sync import all_articles
from retrieval.articles import corpus_fingerprint, fingerprint
from retrieval.embedder import load_embedder
from retrieval.passage import Article
from retrieval.revision import FOLDER, IndexUnusableError, pointed, roll_back, withdraw
from retrieval.shelf import Library, open_library


async def inconsistencies(database: Database, data_dir: Path) -> list[str]:
    """What differs between database, vectors and lexical indexes, one sentence each; empty when nothing does."""
    articles = await database.read(all_articles)
    return await asyncio.to_thread(_compare, articles, data_dir / FOLDER)


async def go_back(database: Database, data_dir: Path) -> str:
    """Make the previous revision current; what was deleted or given another audience since stays hidden."""
    articles = {article.key: article for article in await database.read(all_articles)}
    return await asyncio.to_thread(_go_back, articles, data_dir / FOLDER)


def _go_back(articles: dict[str, Article], root: Path) -> str:
    previous = pointed(root, "PREVIOUS")
    if previous is None:
        raise IndexUnusableError("There is no previous revision of the knowledge index to go back to.")
    library = open_library(previous, None)
    try:
        hidden = [
            card.key
            for shelf in library.shelves.values()
            for card in shelf.cards
            if card.key not in articles or frozenset(articles[card.key].audience) != card.audience
        ]
    finally:
        library.close()
    withdraw(root, hidden)
    return roll_back(root)


def _compare(articles: list[Article], root: Path) -> list[str]:
    folder = pointed(root)
    if folder is None:
        return ["There is no index yet; run: recado kb sync FOLDER"] if articles else []
    try:
        library = open_library(folder, load_embedder(root))
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
