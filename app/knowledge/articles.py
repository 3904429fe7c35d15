"""Articles in SQL: a folder's written over them, one removed, all of them read."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.knowledge.models import ArticleRow
from app.knowledge.pointer import note_change
from retrieval.articles import Folder, fingerprint
from retrieval.passage import Article

SOURCE = "folder:"
WRITTEN = "written:"  # by people, out of gaps; no synchronisation touches them


@dataclass(frozen=True, slots=True)
class Difference:
    """Keys by what became of them."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]


def all_articles(session: Session) -> list[Article]:
    """Every article there is."""
    return [_article(row) for row in session.scalars(select(ArticleRow).order_by(ArticleRow.key))]


def some_articles(session: Session, after: str, count: int) -> list[Article]:
    """The next articles by key, for who cannot hold them all."""
    rows = select(ArticleRow).where(ArticleRow.key > after).order_by(ArticleRow.key).limit(count)
    return [_article(row) for row in session.scalars(rows)]


def fingerprints(session: Session) -> dict[str, str]:
    """What each article is now, by key."""
    return {row.key: row.sha256 for row in session.execute(select(ArticleRow.key, ArticleRow.sha256))}


def audiences(session: Session) -> dict[str, frozenset[str]]:
    """Who may read each article, by key."""
    return {row.key: frozenset(row.audience) for row in session.execute(select(ArticleRow.key, ArticleRow.audience))}


def store_folder(session: Session, found: Folder, now: datetime) -> Difference:
    """Write the folder's articles over the table's; an article whose file cannot be read stays as it was."""
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
        if key in rows:
            session.merge(_row(article, SOURCE + name, now))
        else:
            session.add(_row(article, SOURCE + name, now))  # many new ones are inserted at once
    if removed or changed:
        note_change(session)
    added = [key for key in changed if key not in rows]
    return Difference(
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


def store_written(session: Session, article: Article, *, now: datetime) -> None:
    """Write one article that a person wrote here, over an earlier text of it."""
    session.merge(_row(article, WRITTEN + article.id, now))
    note_change(session)


def remove(session: Session, key: str) -> bool:
    """Take one article out; False when there was none."""
    row = session.get(ArticleRow, key)
    if row is not None:
        session.delete(row)
        note_change(session)
    return row is not None


def _article(row: ArticleRow) -> Article:
    return Article.model_validate(
        {name: getattr(row, name) for name in ("id", "language", "title", "body", "url", "audience", "keywords")}
    )
