"""How articles do with the people who get them: never used, stale, contradicted, useful, and near duplicates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import NamedTuple

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.db.models import AnswerRecord
from app.knowledge.articles import all_articles
from app.knowledge.models import ArticleRow
from retrieval.clusters import alike_texts

DAYS, OLD_MONTHS = 90, 12
LEAST_VOTES, CONTRADICTED = 5, 0.3  # votes from which a share says something; lower bound of the share that complains
SURE = 1.96  # standard normal quantile of a 95 % interval
ALIKE = 0.8  # nearness of two articles' words from which they are near duplicates
MOST_COMPARED = 20_000  # articles


@dataclass(frozen=True, slots=True)
class Use:
    """What became of an article's showings. Votes are the answers that were settled one way or the other.

    `share` is that of the votes that say it did not help, `low` and `high` its 95 % Wilson interval.
    """

    article_id: str
    title: str
    languages: tuple[str, ...]
    source: str
    updated_at: datetime
    answered: int
    offered: int
    resolved: int
    not_resolved: int
    last_used_at: datetime | None
    share: float
    low: float
    high: float

    @property
    def used(self) -> int:
        """How often it was shown."""
        return self.answered + self.offered


class _Version(NamedTuple):
    """An article in one language."""

    id: str
    language: str
    title: str
    source: str
    updated_at: datetime


def uses(session: Session, now: datetime, *, days: int = DAYS) -> list[Use]:
    """Every article there is with what became of it in the last days, by its id."""
    since = now - timedelta(days=days)
    counts = _counts(session, since)
    newest = select(AnswerRecord.article_id, func.max(AnswerRecord.at)).where(
        AnswerRecord.at >= since, AnswerRecord.outcome.in_(("answered", "offered"))
    )
    last = {row[0]: row[1] for row in session.execute(newest.group_by(AnswerRecord.article_id))}
    columns = (ArticleRow.id, ArticleRow.language, ArticleRow.title, ArticleRow.source, ArticleRow.updated_at)
    versions: dict[str, list[_Version]] = {}
    for row in session.execute(select(*columns).order_by(ArticleRow.key)):
        versions.setdefault(row.id, []).append(_Version(*row))
    return [_use(rows, counts.get(article, {}), last.get(article)) for article, rows in versions.items()]


def never_used(session: Session, now: datetime, *, days: int = DAYS) -> list[Use]:
    """Articles that are older than that and were shown to nobody, the oldest first."""
    idle = [use for use in uses(session, now, days=days) if not use.used]
    return sorted(
        (use for use in idle if use.updated_at < now - timedelta(days=days)),
        key=lambda use: (use.updated_at, use.article_id),
    )


def stale(session: Session, now: datetime, *, months: int = OLD_MONTHS, days: int = DAYS) -> list[Use]:
    """Articles that people get although nobody has changed them for so long, the most used first."""
    old = now - timedelta(days=round(months * 30.44))
    found = [use for use in uses(session, now, days=days) if use.used and use.updated_at < old]
    return sorted(found, key=lambda use: (-use.used, use.article_id))


def contradicted(session: Session, now: datetime, *, days: int = DAYS) -> list[Use]:
    """Articles of which more of those who were answered from them say that it did not help than chance explains."""
    found = [use for use in uses(session, now, days=days) if use.resolved + use.not_resolved >= LEAST_VOTES]
    return sorted((use for use in found if use.low >= CONTRADICTED), key=lambda use: (-use.low, use.article_id))


def most_useful(session: Session, now: datetime, *, days: int = DAYS, limit: int = 20) -> list[Use]:
    """Articles that solved most."""
    found = [use for use in uses(session, now, days=days) if use.resolved]
    return sorted(found, key=lambda use: (-use.resolved, use.share, use.article_id))[:limit]


@dataclass(frozen=True, slots=True)
class Twins:
    """Two articles that say nearly the same; `nearness` of their words in [0, 1]."""

    one: str
    other: str
    nearness: float


def near_duplicates(session: Session, *, limit: int = 100) -> list[Twins]:
    """Pairs of articles of one language, the nearest first; reads every article, so run it in a thread."""
    articles = all_articles(session)[:MOST_COMPARED]
    found: list[Twins] = []
    for language in sorted({article.language for article in articles}):
        own = [article for article in articles if article.language == language]
        pairs = alike_texts([f"{a.title} {a.title} {a.body}" for a in own], language, ALIKE)
        found += [Twins(own[one].key, own[other].key, round(near, 3)) for one, other, near in pairs]
    return sorted(found, key=lambda twins: (-twins.nearness, twins.one, twins.other))[:limit]


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, SURE**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = SURE * sqrt(share * (1 - share) / of + square / (4 * of**2)) / (1 + square / of)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _counts(session: Session, since: datetime) -> dict[str, dict[str, int]]:
    """By article and outcome; declining titles that were offered says nothing against an article nobody opened."""
    read = aliased(AnswerRecord)
    was_read = exists().where(
        read.conversation_id == AnswerRecord.conversation_id,
        read.key == AnswerRecord.key,
        read.article_id == AnswerRecord.article_id,
        read.outcome == "answered",
    )
    counted = select(AnswerRecord.article_id, AnswerRecord.outcome, func.count()).where(
        AnswerRecord.at >= since,
        AnswerRecord.article_id != "",
        or_(AnswerRecord.outcome != "not_resolved", was_read),
    )
    found: dict[str, dict[str, int]] = {}
    for article, outcome, times in session.execute(counted.group_by(AnswerRecord.article_id, AnswerRecord.outcome)):
        found.setdefault(article, {})[outcome] = times
    return found


def _use(rows: Sequence[_Version], counts: dict[str, int], last_used_at: datetime | None) -> Use:
    helped, failed = counts.get("resolved", 0), counts.get("not_resolved", 0)
    low, high = wilson(failed, helped + failed)
    return Use(
        article_id=rows[0].id,
        title=rows[0].title,
        languages=tuple(row.language for row in rows),
        source=rows[0].source,
        updated_at=max(row.updated_at for row in rows),
        answered=counts.get("answered", 0),
        offered=counts.get("offered", 0),
        resolved=helped,
        not_resolved=failed,
        last_used_at=last_used_at,
        share=failed / (helped + failed) if helped + failed else 0.0,
        low=low,
        high=high,
    )
