"""What requests keep coming back to: their words brought together, and what of it rises against the period before."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.models import RequestRow
from app.reports.choice import Choice
from retrieval.articles import LANGUAGES
from retrieval.embedder import Embedder
from retrieval.passage import Language

MOST = 6_000  # requests of both periods, the newest: seconds of work
LEAST = 3  # requests that are a theme
READ = 300  # letters of a description
STEEP = 1.5  # times as many as before are rising, and the other way round
CLEAR = 3  # more or fewer than before, at least: two more are chance

Trend = Literal["new", "rising", "steady", "falling"]


class Said(NamedTuple):
    """One request, as far as it is compared."""

    number: int
    title: str
    description: str
    language: Language
    category: str
    employee: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Theme:
    """Requests about one thing: how many now and before, of how many people, and which are the most typical."""

    words: tuple[str, ...]
    count: int
    before: int
    people: int
    category: str  # the most frequent
    trend: Trend
    typical: tuple[int, ...]  # numbers of requests
    by_day: tuple[int, ...]


def requests_said(session: Session, choice: Choice) -> list[Said]:
    """Requests of the period and of the one before, the oldest first."""
    row, before = RequestRow, choice.before
    columns = row.number, row.title, row.description, row.language, row.category_id, row.employee_id, row.created_at
    wanted = (row.created_at >= before.period.begins, row.created_at < choice.period.ends, *choice.of_requests)
    found = session.execute(select(*columns).where(*wanted).order_by(row.number.desc()).limit(MOST)).all()
    return [
        Said(number, title, text[:READ], _language(spoken), category, employee, at)
        for number, title, text, spoken, category, employee, at in reversed(found)
    ]


def _language(code: str) -> Language:
    return next((known for known in LANGUAGES if known == code), "pt-BR")


def themes(said: list[Said], choice: Choice, embedder: Embedder | None = None) -> list[Theme]:
    """Bring them together, in a thread: what rises most first. Themes of the period before alone are left out."""
    from retrieval import clusters, gist  # noqa: PLC0415 -- numpy and scipy, only for this look

    texts = [gist.Said(one.description or one.title, one.language) for one in said]
    found = [
        _theme([said[place] for place in one.members], one.words, choice) for one in clusters.cluster(texts, embedder)
    ]
    kept = [theme for theme in found if theme.count and max(theme.count, theme.before) >= LEAST]
    return sorted(kept, key=lambda theme: (-theme.count + theme.before, -theme.count, theme.words))


def _theme(group: list[Said], words: tuple[str, ...], choice: Choice) -> Theme:
    period = choice.period
    now = [one for one in group if one.at >= period.begins]
    days = Counter(one.at.astimezone(period.zone).date() for one in now)
    before = len(group) - len(now)
    return Theme(
        words=words or (group[0].title[:60],),
        count=len(now),
        before=before,
        people=len({one.employee for one in now}),
        category=Counter(one.category for one in now or group).most_common(1)[0][0],
        trend=trend(len(now), before),
        typical=tuple(one.number for one in now[:5]),
        by_day=tuple(days[day] for day in period.days),
    )


def trend(now: int, before: int) -> Trend:
    """What the change says; small ones say nothing."""
    if not before:
        return "new" if now >= CLEAR else "steady"
    if abs(now - before) < CLEAR:
        return "steady"
    ratio = now / before
    return "rising" if ratio >= STEEP else "falling" if ratio <= 1 / STEEP else "steady"
