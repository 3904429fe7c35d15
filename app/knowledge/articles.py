"""Articles in SQL: all of them read, what a synchronisation found written, one or a source's removed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from app.db.insert import insert_new
from app.knowledge.difference import Shelved
from app.knowledge.models import ArticleRow
from app.knowledge.pointer import note_change
from retrieval.articles import Entry, fingerprint, text_fingerprint
from retrieval.passage import Article

WRITTEN = "written"  # by people, out of gaps; no synchronisation touches them
AT_ONCE = 200  # articles written in one transaction: some 30 ms, which messages may have to wait for
_SHELVED = (
    ArticleRow.key, ArticleRow.source, ArticleRow.sha256, ArticleRow.text_sha256, ArticleRow.raw_sha256,
    ArticleRow.read_as, ArticleRow.stamp, ArticleRow.front_matter, ArticleRow.created_at, ArticleRow.updated_at,
)  # fmt: skip


def all_articles(session: Session) -> list[Article]:
    """Every article there is."""
    return [article_of(row) for row in session.scalars(select(ArticleRow).order_by(ArticleRow.key))]


def some_articles(session: Session, after: str, count: int) -> list[Article]:
    """The next articles by key, for who cannot hold them all."""
    rows = select(ArticleRow).where(ArticleRow.key > after).order_by(ArticleRow.key).limit(count)
    return [article_of(row) for row in session.scalars(rows)]


def fingerprints(session: Session) -> dict[str, str]:
    """What each article is now, by key."""
    return {row.key: row.sha256 for row in session.execute(select(ArticleRow.key, ArticleRow.sha256))}


def audiences(session: Session) -> dict[str, frozenset[str]]:
    """Who may read each article, by key."""
    return {row.key: frozenset(row.audience) for row in session.execute(select(ArticleRow.key, ArticleRow.audience))}


def shelf(session: Session) -> dict[str, Shelved]:
    """What is remembered of every article, by key."""
    return {row.key: _shelved(row) for row in session.execute(select(*_SHELVED))}


def _shelved(row: Any) -> Shelved:
    source, _, ref = row.source.partition(":")
    told = (row.sha256, row.text_sha256, row.raw_sha256, row.read_as, row.stamp, row.front_matter)
    return Shelved(source, ref, *told, row.created_at, row.updated_at)


def columns_of(entry: Entry, source: str, now: datetime, **remembered: Any) -> dict[str, Any]:
    """A row for the table of articles; `source` is the source's name, a colon and the document's name in it."""
    article = entry.article
    return {
        "key": article.key,
        "id": article.id,
        "language": article.language,
        "title": article.title,
        "body": article.body,
        "url": article.url,
        "audience": list(article.audience),
        "keywords": list(article.keywords),
        "owner": entry.owner,
        "review_by": entry.review_by,
        "sha256": fingerprint(article),
        "text_sha256": text_fingerprint(article),
        "source": source,
        "raw_sha256": "",
        "read_as": "",
        "stamp": "",
        "front_matter": False,
        "created_at": now,
        "updated_at": now,
        **remembered,
    }


def add(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert many at once; a key that is taken meanwhile stays whose it is."""
    if rows:
        session.execute(insert_new(ArticleRow.__table__), rows)  # type: ignore[arg-type]  # a Table, which mypy cannot know
        note_change(session)


def rewrite(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write many over what has their key; columns that a row does not name stay."""
    if rows:
        session.execute(update(ArticleRow), rows)
        note_change(session)


def put_all(session: Session, source: str, entries: Iterable[Entry], now: datetime) -> None:
    """Make the articles of `source` exactly these, for who has them all at hand; unchanged ones are left alone."""
    wanted = {entry.article.key: columns_of(entry, f"{source}:{entry.article.key}", now) for entry in entries}
    before = shelf(session)
    remove_all(session, [key for key, row in before.items() if row.source == source and key not in wanted])
    add(session, [row for key, row in wanted.items() if key not in before])
    changed = [row for key, row in wanted.items() if key in before and before[key].sha256 != row["sha256"]]
    for row in changed:
        row["created_at"] = before[row["key"]].created_at
    rewrite(session, changed)


def remove_all(session: Session, keys: Iterable[str]) -> None:
    """Take these out."""
    pending = iter(keys)
    while some := list(islice(pending, AT_ONCE)):
        session.execute(delete(ArticleRow).where(ArticleRow.key.in_(some)))
        note_change(session)


def keys_of(session: Session, source: str) -> list[str]:
    """Keys of all articles of a source."""
    return list(session.scalars(select(ArticleRow.key).where(_of(source))))


def count_of(session: Session, source: str) -> int:
    """How many articles a source has."""
    return session.scalar(select(func.count()).select_from(ArticleRow).where(_of(source))) or 0


def _of(source: str) -> ColumnElement[bool]:
    return ArticleRow.source.startswith(f"{source}:", autoescape=True)  # no range: its order is the locale's


def store_written(session: Session, article: Article, *, now: datetime, owner: str = "") -> None:
    """Write one article that a person wrote here, over an earlier text of it."""
    former = session.get(ArticleRow, article.key)
    born = {"created_at": former.created_at} if former else {}
    session.merge(ArticleRow(**columns_of(Entry(article, owner), f"{WRITTEN}:{article.id}", now, **born)))
    note_change(session)


def remove(session: Session, key: str) -> bool:
    """Take one article out; False when there was none."""
    row = session.get(ArticleRow, key)
    if row is not None:
        session.delete(row)
        note_change(session)
    return row is not None


def article_of(row: ArticleRow) -> Article:
    """The article that a row holds."""
    return Article.model_validate(
        {name: getattr(row, name) for name in ("id", "language", "title", "body", "url", "audience", "keywords")}
    )
