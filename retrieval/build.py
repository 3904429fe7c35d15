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
from itertools import islice
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from retrieval.articles import corpus_fingerprint
from retrieval.calibrating import calibrate
from retrieval.chunks import CHUNKER
from retrieval.embedder import Embedder, EmbedderUnavailableError, ModelUnusableError, RemoteModel, load_embedder
from retrieval.gloss import told
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

COURTESY = 5  # niceness: who asks a question meanwhile gets three times the share


class OrderBrokenError(Exception):
    """Not all articles came, for who sends them died, or others than were counted."""


FAILURES = (
    ModelUnusableError, EmbedderUnavailableError, VectorsBusyError, VectorsDamagedError, RevisionUnfitError,
    OrderBrokenError, IndexUnusableError, OSError, sqlite3.Error,
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
    articles: Iterable[Article],
    directory: Path,
    embedder: Embedder | None,
    progress: Progress = silent,
    *,
    gone: frozenset[str] | None = None,
) -> Built:
    """Write, verify and calibrate `directory/<revision>`; it takes part in nothing until the pointer is swapped.

    Articles are taken one at a time. Of the current revision no vector is remembered whose article is `gone`: by
    default, all that are not among `articles`. Raises RevisionUnfitError when what came out is not what went in.
    """
    revision = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    folder = directory / f"{revision}.building"
    folder.mkdir(parents=True)
    try:
        written = Written.create(folder / FILE, articles)
        try:
            embedded = _write(folder, written, embedder, progress, gone)
            write_manifest(folder, _manifest(revision, written, embedder))
        finally:
            written.close()
        verify(folder, embedder, progress)
        progress("calibrating", 0, 1)
        calibrate(folder, stored_articles(folder / FILE), embedder)
        progress("calibrating", 1, 1)
        folder.rename(directory / revision)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Built(revision, embedded)


def _write(
    folder: Path, written: Written, embedder: Embedder | None, progress: Progress, gone: frozenset[str] | None
) -> int:
    """Everything that is made of the articles; returns how many texts the model had to read."""
    languages = written.languages()
    heard = _Passes(sum(articles for _, articles, _ in languages), progress)
    for language, _, _ in languages:
        LexicalIndex.build(language, heard.through(written.articles(language))).save(folder / "lexical" / language)
    write_cards(folder, (_card(*pair) for language, _, _ in languages for pair in written.articles(language).counted()))
    if embedder is None:
        return 0
    cache = VectorCache(folder.parent / "vectors.db", embedder)
    try:
        seed(cache, folder.parent)
        embedded = _write_vectors(folder, written, cache, progress)
        cache.forget_all_but(_needed(folder.parent, written, gone, cache.model))
    finally:
        cache.close()
    return embedded


class _Passes:
    """Counts the articles that are gone through for the lexical indexes, each twice."""

    def __init__(self, articles: int, progress: Progress) -> None:
        self._total, self._done, self._progress = 2 * articles, 0, progress

    def through(self, articles: Iterable[Article]) -> "_Pass":
        """The same articles, as often as they are asked for."""
        return _Pass(self, articles)

    def one_more(self) -> None:
        """Another article was read."""
        self._done += 1
        if self._done % OFTEN == 0 or self._done == self._total:
            self._progress("words", min(self._done, self._total), self._total)


class _Pass:
    def __init__(self, passes: _Passes, articles: Iterable[Article]) -> None:
        self._passes, self._articles = passes, articles

    def __iter__(self) -> Iterator[Article]:
        for article in self._articles:
            yield article
            self._passes.one_more()


def _card(article: Article, chunks: int) -> Card:
    return Card(
        key=article.key, id=article.id, language=article.language, title=article.title, url=article.url,
        audience=frozenset(article.audience), chunks=chunks,
    )  # fmt: skip


def _write_vectors(folder: Path, written: Written, cache: VectorCache, progress: Progress) -> int:
    total, finished, embedded = sum(chunks for _, _, chunks in written.languages()), 0, 0

    def advance(more: int) -> None:
        nonlocal finished
        finished += more
        progress("vectors", finished, total)

    store = VectorStore.open(folder / "chroma")
    try:
        for language, _, _ in written.languages():
            pairs = ((key, told(text, language, cache.model)) for key, text in written.chunks(language))
            while part := list(islice(pairs, BATCH)):
                vectors = cache.embed([text for _, text in part], advance)
                embedded += cache.computed
                store.write(language, [key for key, _ in part], vectors)
    finally:
        store.close()
    return embedded


def _needed(directory: Path, written: Written, gone: frozenset[str] | None, model: str) -> Iterator[str]:
    """Digests of the texts whose vectors are kept: these, and those of the current index but for articles gone."""
    for language, _, _ in written.languages():
        yield from (digest(told(text, language, model)) for _, text in written.chunks(language))
    keys = written.fingerprints().keys()
    try:
        former = pointed(directory)
    except IndexUnusableError:
        former = None
    if former:
        here = texts_read(former, model)
        yield from (text for key, text in here if key in keys or (gone is not None and key not in gone))


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
    number = 0
    for number, article in enumerate(coming, start=1):
        if number % OFTEN == 0 or number == order.articles:
            progress("reading", number, max(number, order.articles))
        yield article
    if not order.again and number != order.articles:
        raise OrderBrokenError(f"{number} articles came instead of {order.articles}; run the synchronisation again.")


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
        coming = _ordered(order, options.directory, _say_progress)
        gone = order.gone if order.again else None
        built = build(coming, options.directory, embedder, _say_progress, gone=gone)
    except FAILURES as error:
        sys.stderr.write(f"{error}\n")
        return 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    _say(revision=built.revision, embedded=built.embedded, model=embedder.id if embedder else "", megabytes=peak)
    return 0


if __name__ == "__main__":
    sys.exit(main())
