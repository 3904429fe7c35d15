"""A folder of articles into the database, and the database into the index: exactly what changed, no more."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.errors import RecadoError
from app.knowledge.models import ArticleRow
from retrieval.articles import Folder, corpus_fingerprint, fingerprint, read_folder
from retrieval.embedder import MiniLM, find_model
from retrieval.passage import Article
from retrieval.revision import FOLDER, IndexUnusableError, pointed, read_manifest, swap, withdraw

SOURCE = "folder:"
Progress = Callable[[int, int], None]  # chunks read by the model, chunks in all


class SyncError(RecadoError):
    """The knowledge base could not be synchronised; what was searched before is searched still."""


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


@dataclass(frozen=True, slots=True)
class _Difference:
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]


async def sync_folder(
    database: Database,
    folder: Path,
    data_dir: Path,
    *,
    progress: Progress | None = None,
    rebuild: bool = False,
) -> SyncReport:
    """Make articles and index equal to `folder`; raises SyncError with a sentence.

    An article whose file cannot be read any more stays as it was, for it is a mistake rather than a wish.
    """
    if not await asyncio.to_thread(folder.is_dir):
        raise SyncError(f"{folder} is not a folder.")
    started = time.monotonic()
    with _alone(data_dir):
        found = await asyncio.to_thread(read_folder, folder)
        difference = await database.write(lambda session: _store(session, found, datetime.now(UTC)))
        revision, embedded, model = await index_articles(database, data_dir, progress=progress, rebuild=rebuild)
    return SyncReport(
        added=difference.added,
        changed=difference.changed,
        removed=difference.removed,
        unchanged=difference.unchanged,
        failed=tuple((error.name, error.reason) for error in found.failures),
        embedded=embedded,
        revision=revision,
        model=model,
        seconds=time.monotonic() - started,
    )


async def delete_article(database: Database, key: str, data_dir: Path) -> bool:
    """Take an article out of the database and out of every search at once; False when there was none."""
    with _alone(data_dir):
        gone = await database.write(lambda session: _delete(session, key))
        if gone:
            await index_articles(database, data_dir)
    return gone


async def index_articles(
    database: Database, data_dir: Path, *, progress: Progress | None = None, rebuild: bool = False
) -> tuple[str, int, str]:
    """Bring the index to the database's state: (revision, chunks embedded, model). Nothing is built if it is there."""
    root = data_dir / FOLDER
    fingerprints = await database.read(_fingerprints)
    manifest = _usable_manifest(root)
    indexed = await asyncio.to_thread(_indexed, root)
    gone = indexed.keys() - fingerprints.keys()
    await asyncio.to_thread(withdraw, root, gone)
    model = MiniLM.id if find_model() else ""
    if not rebuild and manifest is not None and manifest == (corpus_fingerprint(fingerprints), model):
        current = pointed(root)
        return (current.name if current else ""), 0, model
    articles = await database.read(all_articles)
    await asyncio.to_thread(withdraw, root, gone | _restricted(articles, indexed))
    built = await _build(articles, root, progress)
    await asyncio.to_thread(swap, root, built["revision"])
    await asyncio.to_thread(withdraw, root, gone)
    return built["revision"], built["embedded"], built["model"]


def all_articles(session: Session) -> list[Article]:
    """Every article there is."""
    return [_article(row) for row in session.scalars(select(ArticleRow).order_by(ArticleRow.key))]


def _fingerprints(session: Session) -> dict[str, str]:
    return {row.key: row.sha256 for row in session.execute(select(ArticleRow.key, ArticleRow.sha256))}


def _article(row: ArticleRow) -> Article:
    return Article.model_validate(
        {name: getattr(row, name) for name in ("id", "language", "title", "body", "url", "audience", "keywords")}
    )


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    """One synchronisation at a time."""
    root = data_dir / FOLDER
    root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(root / ".sync.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise SyncError("Another synchronisation of the knowledge base is running; try again later.") from None
    try:
        yield
    finally:
        lock.release()


def _store(session: Session, found: Folder, now: datetime) -> _Difference:
    """Write the folder's articles over the table's; returns the keys by what became of them."""
    rows = {row.key: row for row in session.execute(select(ArticleRow.key, ArticleRow.sha256, ArticleRow.source))}
    wanted = {article.key: (name, article) for name, article in found.articles.items()}
    unreadable = {SOURCE + error.name for error in found.failures}
    removed = [
        key for key, row in rows.items()
        if key not in wanted and row.source.startswith(SOURCE) and row.source not in unreadable
    ]  # fmt: skip
    for key in removed:
        session.execute(delete(ArticleRow).where(ArticleRow.key == key))
    changed = []
    for key, (name, article) in wanted.items():
        if key in rows and rows[key].sha256 == fingerprint(article):
            if rows[key].source != SOURCE + name:
                session.execute(update(ArticleRow).where(ArticleRow.key == key).values(source=SOURCE + name))
            continue
        changed.append(key)
        session.merge(_row(article, SOURCE + name, now))
    added = [key for key in changed if key not in rows]
    return _Difference(
        added=tuple(sorted(added)),
        changed=tuple(sorted(set(changed) - set(added))),
        removed=tuple(sorted(removed)),
        unchanged=tuple(sorted(wanted.keys() - set(changed))),
    )


def _row(article: Article, source: str, now: datetime) -> ArticleRow:
    return ArticleRow(
        key=article.key,
        id=article.id,
        language=article.language,
        title=article.title,
        body=article.body,
        url=article.url,
        audience=list(article.audience),
        keywords=list(article.keywords),
        sha256=fingerprint(article),
        source=source,
        updated_at=now,
    )


def _delete(session: Session, key: str) -> bool:
    row = session.get(ArticleRow, key)
    if row is not None:
        session.delete(row)
    return row is not None


def _usable_manifest(root: Path) -> tuple[str, str] | None:
    """Corpus and model of the current revision; None when there is none that could be opened."""
    try:
        folder = pointed(root)
        if folder is None:
            return None
        manifest = read_manifest(folder)
    except IndexUnusableError:
        return None
    return manifest.corpus, manifest.embedder


def _restricted(articles: list[Article], indexed: dict[str, set[frozenset[str]]]) -> set[str]:
    """Keys of articles whose readers are others than the index thinks: hidden until the new one is there."""
    return {article.key for article in articles if indexed.get(article.key, set()) - {frozenset(article.audience)}}


def _indexed(root: Path) -> dict[str, set[frozenset[str]]]:
    """Keys that any revision on disk could show, with the audiences they have there."""
    found: dict[str, set[frozenset[str]]] = {}
    for file in root.glob("*/articles.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            try:
                card = json.loads(line)
                found.setdefault(card["key"], set()).add(frozenset(card["audience"]))
            except (ValueError, KeyError, TypeError):
                continue  # a damaged revision is refused when it is opened
    return found


async def _build(articles: list[Article], root: Path, progress: Progress | None) -> dict[str, Any]:
    """Run the builder in a process of its own and pass its progress on; raises SyncError."""
    with tempfile.TemporaryDirectory(dir=root, prefix=".articles-") as scratch:
        file = Path(scratch) / "articles.jsonl"
        file.write_text("".join(article.model_dump_json() + "\n" for article in articles), "utf-8")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "retrieval.build", "--articles", str(file), "--directory", str(root),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        try:
            said: tuple[dict[str, Any], str] = await asyncio.gather(_follow(process, progress), _errors(process))
            status = await process.wait()
        except BaseException:
            process.kill()
            await process.wait()
            raise
    outcome, errors = said
    if status != 0 or "revision" not in outcome:
        reason = errors.strip().splitlines()[-1:] or ["no reason given"]
        raise SyncError(f"The knowledge index could not be built: {reason[0]}")
    return outcome


async def _follow(process: asyncio.subprocess.Process, progress: Progress | None) -> dict[str, Any]:
    outcome: dict[str, Any] = {}
    if process.stdout is None:
        return outcome
    async for line in process.stdout:
        said = json.loads(line)
        if "total" in said and progress:
            progress(said["done"], said["total"])
        outcome = dict(said)
    return outcome


async def _errors(process: asyncio.subprocess.Process) -> str:
    return (await process.stderr.read()).decode(errors="replace") if process.stderr else ""
