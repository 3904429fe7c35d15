"""Articles as the pages list and show them: found by words and by what is known of them, a page at a time."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, cast, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.models import AnswerRecord
from app.knowledge.models import ArticleRow, SourceRow
from app.knowledge.spelling import bare, may_hold

MOST_WORDS = 8  # of a search
USE_DAYS = 90  # back from now that use is counted
EVERYBODY = "*"  # for a filter: what every employee may read


@dataclass(frozen=True, slots=True)
class Wish:
    """Which articles; what is empty filters nothing."""

    words: str = ""
    language: str = ""
    source: str = ""
    audience: str = ""  # a group that may read it, or EVERYBODY
    owner: str = ""
    due: bool = False  # its review-by date has passed
    untranslated: bool = False  # not in every language that there are articles in


class Listed(NamedTuple):
    """An article in one language, without its text."""

    key: str
    id: str
    language: str
    title: str
    audience: list[str]
    owner: str
    review_by: date | None
    source: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by."""

    languages: tuple[str, ...]
    sources: tuple[str, ...]
    groups: tuple[str, ...]
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """How often an article answered or was offered in the last days, and what people said of it."""

    answered: int = 0
    offered: int = 0
    resolved: int = 0
    not_resolved: int = 0


_LISTED = tuple(getattr(ArticleRow, name) for name in Listed._fields)


def list_articles(
    session: Session, wish: Wish, today: date, *, after: tuple[str, str] | None = None, limit: int = 50
) -> list[Listed]:
    """By title; `after` is the title and key of the last one seen."""
    wanted = select(*_LISTED).where(*_may_hold(wish), *_conditions(wish, today))
    if after is not None:
        wanted = wanted.where(tuple_(ArticleRow.title, ArticleRow.key) > after)
    ordered = wanted.order_by(ArticleRow.title, ArticleRow.key)
    if wish.words:
        return _that_hold(session, ordered, wish.words, limit)
    return [Listed(*row) for row in session.execute(ordered.limit(limit))]


def _that_hold(session: Session, ordered: Select[Any], words: str, limit: int) -> list[Listed]:
    """The first that hold every word in one of their texts."""
    wanted = bare(words).split()[:MOST_WORDS]
    found: list[Listed] = []
    rows = session.execute(ordered.add_columns(ArticleRow.keywords, ArticleRow.body).execution_options(yield_per=200))
    for *listed, keywords, body in rows:
        one = Listed(*listed)
        text = bare("\n".join((one.title, one.id, *keywords, body)))
        if all(word in text for word in wanted):
            found.append(one)
        if len(found) == limit:
            break
    rows.close()
    return found


def count_articles(session: Session, wish: Wish, today: date) -> int:
    """How many there are of these, whatever words are wished for."""
    counted = select(func.count()).select_from(ArticleRow).where(*_conditions(wish, today))
    return session.scalar(counted) or 0


def choices(session: Session) -> Choices:
    """What the articles there are differ in."""
    return Choices(
        languages=_distinct(session, ArticleRow.language),
        sources=_distinct(session, SourceRow.name),
        groups=groups_named(session),
        owners=_distinct(session, ArticleRow.owner),
    )


def groups_named(session: Session) -> tuple[str, ...]:
    """Every group that some article is for."""
    texts = select(cast(ArticleRow.audience, String).label("text"), func.min(ArticleRow.key)).group_by("text")
    keys = [key for _, key in session.execute(texts)]
    audiences = session.scalars(select(ArticleRow.audience).where(ArticleRow.key.in_(keys)))
    return tuple(sorted({group for audience in audiences for group in audience}))


def use_of(session: Session, article_id: str, now: datetime) -> Use:
    """What became of it with people, in whichever language."""
    counted = select(AnswerRecord.outcome, func.count()).where(
        AnswerRecord.article_id == article_id, AnswerRecord.at >= now - timedelta(days=USE_DAYS)
    )
    counts = {row[0]: row[1] for row in session.execute(counted.group_by(AnswerRecord.outcome))}
    names = ("answered", "offered", "resolved", "not_resolved")
    return Use(**{name: counts.get(name, 0) for name in names})


def _distinct(session: Session, column: InstrumentedAttribute[str]) -> tuple[str, ...]:
    return tuple(filter(None, session.scalars(select(column).distinct().order_by(column))))


def _may_hold(wish: Wish) -> Iterator[ColumnElement[bool]]:
    for word in wish.words.split()[:MOST_WORDS]:
        texts = (may_hold(column, word) for column in (ArticleRow.title, ArticleRow.id, ArticleRow.body))
        yield or_(
            *texts, may_hold(_json_text(ArticleRow.keywords), word, any_signs="%")
        )  # JSON writes "é" in six signs


def _conditions(wish: Wish, today: date) -> Iterator[ColumnElement[bool]]:
    if wish.language:
        yield ArticleRow.language == wish.language
    if wish.source:
        yield ArticleRow.source.startswith(f"{wish.source}:", autoescape=True)
    if wish.audience == EVERYBODY:
        yield _json_text(ArticleRow.audience) == "[]"
    elif wish.audience:
        yield _json_text(ArticleRow.audience).contains(_quoted(wish.audience), autoescape=True)
    if wish.owner:
        yield ArticleRow.owner == wish.owner
    if wish.due:
        yield ArticleRow.review_by <= today
    if wish.untranslated:
        languages = select(func.count(ArticleRow.language.distinct())).scalar_subquery()
        several = select(ArticleRow.id).group_by(ArticleRow.id).having(func.count() < languages)
        yield ArticleRow.id.in_(several)


def _json_text(column: "InstrumentedAttribute[list[str]]") -> ColumnElement[str]:
    return cast(column, String)


def _quoted(group: str) -> str:
    """A group as it stands in the column's JSON."""
    return json.dumps(group)
