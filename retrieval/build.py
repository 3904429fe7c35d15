"""Builds a revision in a process of its own: `python -m retrieval.build --articles FILE --directory DIR`.

A process of its own, because Chroma holds the interpreter for seconds while it writes. Progress and the outcome go to
standard output, one JSON object a line; an error is one sentence on standard error.
"""

import argparse
import json
import shutil
import sys
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from retrieval.articles import corpus_fingerprint, fingerprint
from retrieval.chunks import CHUNKER, Chunk, split_article
from retrieval.embedder import Embedder, EmbedderUnavailableError, ModelUnusableError, RemoteModel, load_embedder
from retrieval.lexical import LexicalIndex
from retrieval.passage import Article, Language
from retrieval.passage_store import write_passages
from retrieval.revision import FORMAT, Count, Manifest, write_manifest
from retrieval.seed import seed
from retrieval.shelf import Card, write_cards
from retrieval.vector_cache import VectorCache, digest
from retrieval.vectors import BATCH, VectorsBusyError, VectorsDamagedError, VectorStore
from retrieval.words import stem, words

Progress = Callable[[int, int], None]  # chunks done, chunks in all


@dataclass(frozen=True, slots=True)
class Built:
    """A finished folder that nothing points to yet."""

    revision: str
    embedded: int  # texts that the model had to read


def build(articles: Iterable[Article], directory: Path, embedder: Embedder | None, progress: Progress) -> Built:
    """Write `directory/<revision>` from the articles; it takes part in nothing until the pointer is swapped."""
    shelves: dict[Language, list[Article]] = {}
    for article in sorted(articles, key=lambda item: item.key):
        shelves.setdefault(article.language, []).append(article)
    revision = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    folder = directory / f"{revision}.building"
    folder.mkdir(parents=True)
    try:
        chunks = {article.key: split_article(article) for group in shelves.values() for article in group}
        embedded = _write(folder, shelves, chunks, directory, embedder, progress)
        write_manifest(folder, _manifest(revision, shelves, chunks, embedder))
        folder.rename(directory / revision)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Built(revision, embedded)


def _write(  # noqa: PLR0913, PLR0917 -- one step with one caller
    folder: Path,
    shelves: dict[Language, list[Article]],
    chunks: dict[str, list[Chunk]],
    directory: Path,
    embedder: Embedder | None,
    progress: Progress,
) -> int:
    for language, articles in shelves.items():
        LexicalIndex.build(language, articles).save(folder / "lexical" / language)
    everything = [article for articles in shelves.values() for article in articles]
    write_cards(folder, [_card(article, len(chunks[article.key])) for article in everything])
    write_passages(
        folder / "passages.db",
        (
            (article.key, number, chunk, stem(words(f"{chunk.heading}\n{chunk.text}"), article.language))
            for article in everything
            for number, chunk in enumerate(chunks[article.key])
        ),
    )
    if embedder is None:
        return 0
    cache = VectorCache(directory / "vectors.db", embedder)
    seed(cache, directory)
    return _write_vectors(folder, shelves, chunks, cache, progress)


def _card(article: Article, chunks: int) -> Card:
    return Card(
        key=article.key, id=article.id, language=article.language, title=article.title, url=article.url,
        audience=frozenset(article.audience), chunks=chunks,
    )  # fmt: skip


def _write_vectors(
    folder: Path,
    shelves: dict[Language, list[Article]],
    chunks: dict[str, list[Chunk]],
    cache: VectorCache,
    progress: Progress,
) -> int:
    total, finished, embedded = sum(map(len, chunks.values())), 0, 0
    used: set[str] = set()

    def advance(more: int) -> None:
        nonlocal finished
        finished += more
        progress(finished, total)

    store = VectorStore.open(folder / "chroma")
    try:
        for language, articles in shelves.items():
            pairs = ((chunk.id, chunk.under(article.title)) for article in articles for chunk in chunks[article.key])
            while part := list(islice(pairs, BATCH)):
                vectors = cache.embed([text for _, text in part], advance)
                embedded += cache.computed
                used.update(digest(text) for _, text in part)
                store.write(language, [key for key, _ in part], vectors)
        cache.forget_all_but(used)
    finally:
        store.close()
        cache.close()
    return embedded


def _manifest(
    revision: str, shelves: dict[Language, list[Article]], chunks: dict[str, list[Chunk]], embedder: Embedder | None
) -> Manifest:
    return Manifest(
        revision=revision,
        format=FORMAT,
        chunker=CHUNKER,
        embedder=embedder.id if embedder else "",
        dimension=embedder.dimension if embedder else 0,
        corpus=corpus_fingerprint({a.key: fingerprint(a) for articles in shelves.values() for a in articles}),
        languages={
            language: Count(articles=len(articles), chunks=sum(len(chunks[a.key]) for a in articles))
            for language, articles in shelves.items()
        },
    )


def _embedder(options: argparse.Namespace) -> Embedder | None:
    """The embedded model, or an endpoint whose key comes by standard input: arguments can be read by others."""
    if options.remote:
        from retrieval.remote_embedder import RemoteEmbedder  # noqa: PLC0415 -- a second of imports

        return RemoteEmbedder.for_index(RemoteModel(**json.load(sys.stdin)))
    return load_embedder(options.directory, threads=options.threads)


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Read the articles, build, print the revision's name."""
    parser = argparse.ArgumentParser(description="Build a revision of the knowledge index.")
    parser.add_argument("--articles", type=Path, required=True, help="JSON lines, one article each")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--remote", action="store_true", help="read an endpoint for embeddings from standard input")
    options = parser.parse_args()
    with options.articles.open(encoding="utf-8") as lines:
        articles = [Article.model_validate_json(line) for line in lines]
    try:
        embedder = _embedder(options)
        built = build(articles, options.directory, embedder, lambda done, total: _say(done=done, total=total))
    except (ModelUnusableError, EmbedderUnavailableError, VectorsBusyError, VectorsDamagedError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _say(revision=built.revision, embedded=built.embedded, model=embedder.id if embedder else "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
