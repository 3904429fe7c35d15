"""Builds a revision in a process of its own: `python -m retrieval.build --directory DIR`.

A process of its own, because Chroma holds the interpreter for seconds while it writes. The first line of standard input
is the order, the others are articles, each a JSON object; progress and the outcome go to standard output, one JSON
object a line; an error is one sentence on standard error.
"""

import argparse
import json
import os
import resource
import shutil
import sqlite3
import sys
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from retrieval.articles import corpus_fingerprint
from retrieval.chunks import CHUNKER
from retrieval.embedder import Embedder, EmbedderUnavailableError, ModelUnusableError, RemoteModel, load_embedder
from retrieval.lexical import LexicalIndex
from retrieval.passage import Article
from retrieval.passage_store import FILE, Written, stored_articles
from retrieval.revision import FORMAT, Count, IndexUnusableError, Manifest, pointed, write_manifest
from retrieval.seed import seed, texts_read
from retrieval.shelf import Card, write_cards
from retrieval.stages import OFTEN, Progress, Stage, silent
from retrieval.vector_cache import VectorCache, digest
from retrieval.vectors import BATCH, VectorsBusyError, VectorsDamagedError, VectorStore
from retrieval.verification import RevisionUnfitError, verify

COURTESY = 10  # niceness: who asks a question meanwhile goes first
FAILURES = (
    ModelUnusableError, EmbedderUnavailableError, VectorsBusyError, VectorsDamagedError, RevisionUnfitError,
    IndexUnusableError, OSError, sqlite3.Error,
)  # fmt: skip


class Order(BaseModel):
    """What is to be built: the articles that follow, or those of the folder `again` but the ones that are `gone`."""

    model_config = ConfigDict(frozen=True)

    articles: int = 0  # how many follow
    remote: RemoteModel | None = None  # whose key must not be among the arguments, which others can read
    again: str = ""
    gone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Built:
    """A finished folder that nothing points to yet."""

    revision: str
    embedded: int  # texts that the model had to read


def build(
    articles: Iterable[Article], directory: Path, embedder: Embedder | None, progress: Progress = silent
) -> Built:
    """Write and verify `directory/<revision>`; it takes part in nothing until the pointer is swapped.

    Articles are taken one at a time. Raises RevisionUnfitError when what came out is not what went in.
    """
    revision = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    folder = directory / f"{revision}.building"
    folder.mkdir(parents=True)
    try:
        written = Written.create(folder / FILE, articles)
        try:
            embedded = _write(folder, written, embedder, progress)
            write_manifest(folder, _manifest(revision, written, embedder))
        finally:
            written.close()
        verify(folder, embedder, progress)
        folder.rename(directory / revision)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Built(revision, embedded)


def _write(folder: Path, written: Written, embedder: Embedder | None, progress: Progress) -> int:
    """Everything that is made of the articles; returns how many texts the model had to read."""
    languages = written.languages()
    for done, (language, _, _) in enumerate(languages):
        progress("words", done, len(languages))
        LexicalIndex.build(language, written.articles(language)).save(folder / "lexical" / language)
    progress("words", len(languages), len(languages))
    write_cards(folder, (_card(*pair) for language, _, _ in languages for pair in written.articles(language).counted()))
    return _write_vectors(folder, written, embedder, progress) if embedder else 0


def _card(article: Article, chunks: int) -> Card:
    return Card(
        key=article.key, id=article.id, language=article.language, title=article.title, url=article.url,
        audience=frozenset(article.audience), chunks=chunks,
    )  # fmt: skip


def _write_vectors(folder: Path, written: Written, embedder: Embedder, progress: Progress) -> int:
    total, finished, embedded = sum(chunks for _, _, chunks in written.languages()), 0, 0

    def advance(more: int) -> None:
        nonlocal finished
        finished += more
        progress("vectors", finished, total)

    cache = VectorCache(folder.parent / "vectors.db", embedder)
    seed(cache, folder.parent)
    store = VectorStore.open(folder / "chroma")
    try:
        for language, _, _ in written.languages():
            pairs = written.chunks(language)
            while part := list(islice(pairs, BATCH)):
                vectors = cache.embed([text for _, text in part], advance)
                embedded += cache.computed
                store.write(language, [key for key, _ in part], vectors)
        cache.forget_all_but(_needed(folder.parent, written))
    finally:
        store.close()
        cache.close()
    return embedded


def _needed(directory: Path, written: Written) -> Iterator[str]:
    """Digests of the texts whose vectors are kept: these, and those of the current index but for articles gone."""
    for language, _, _ in written.languages():
        yield from (digest(text) for _, text in written.chunks(language))
    keys = written.fingerprints().keys()
    try:
        former = pointed(directory)
    except IndexUnusableError:
        former = None
    if former:
        yield from (text for key, text in texts_read(former) if key in keys)


def _manifest(revision: str, written: Written, embedder: Embedder | None) -> Manifest:
    return Manifest(
        revision=revision,
        format=FORMAT,
        chunker=CHUNKER,
        embedder=embedder.id if embedder else "",
        dimension=embedder.dimension if embedder else 0,
        corpus=corpus_fingerprint(written.fingerprints()),
        languages={
            language: Count(articles=articles, chunks=chunks) for language, articles, chunks in written.languages()
        },
    )


def _ordered(order: Order, directory: Path, progress: Progress) -> Iterator[Article]:
    """The articles to build from, as they come in."""
    coming: Iterable[Article] = map(Article.model_validate_json, sys.stdin.buffer)
    if order.again:
        coming = (a for a in stored_articles(directory / order.again / FILE) if a.key not in order.gone)
    for number, article in zip(count(1), coming, strict=False):
        if number % OFTEN == 0 or number == order.articles:
            progress("reading", number, max(number, order.articles))
        yield article


def _embedder(order: Order, options: argparse.Namespace) -> Embedder | None:
    """The embedded model, or an endpoint."""
    if order.remote:
        from retrieval.remote_embedder import RemoteEmbedder  # noqa: PLC0415 -- a second of imports

        return RemoteEmbedder.for_index(order.remote)
    return load_embedder(options.directory, threads=options.threads)


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def _say_progress(stage: Stage, done: int, total: int) -> None:
    _say(stage=stage, done=done, total=total)


def main() -> int:
    """Read the order and the articles, build, print the revision's name."""
    parser = argparse.ArgumentParser(description="Build a revision of the knowledge index.")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    os.nice(COURTESY)
    order = Order.model_validate_json(sys.stdin.buffer.readline())
    try:
        embedder = _embedder(order, options)
        built = build(_ordered(order, options.directory, _say_progress), options.directory, embedder, _say_progress)
    except FAILURES as error:
        sys.stderr.write(f"{error}\n")
        return 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    _say(revision=built.revision, embedded=built.embedded, model=embedder.id if embedder else "", megabytes=peak)
    return 0


if __name__ == "__main__":
    sys.exit(main())
