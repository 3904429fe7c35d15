"""How articles do with the people who get them: most useful, contradicted, stale, never used, near duplicates."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.console.route import get
from app.console.visit import Visit, with_query
from app.knowledge import usage
from app.knowledge.models import ArticleRow
from app.knowledge.usage import Twins, Use

PAGE = "/knowledge/use"
PERIODS = (30, 90, 365)  # days
SHOWN = 100
TWINS = "twins"


class Named(NamedTuple):
    """An article of a pair."""

    key: str
    id: str
    language: str
    title: str


def _used(session: Session, visit: Visit, view: str, days: int) -> list[Use]:
    lists: dict[str, Callable[[], list[Use]]] = {
        "useful": lambda: usage.most_useful(session, visit.now, days=days, limit=SHOWN),
        "contradicted": lambda: usage.contradicted(session, visit.now, days=days),
        "stale": lambda: usage.stale(session, visit.now, days=days),
        "unused": lambda: usage.never_used(session, visit.now, days=days),
    }
    return lists[view]()


VIEWS = ("useful", "contradicted", "stale", "unused", TWINS)


async def show_use(visit: Visit) -> Response:
    """One of the lists."""
    query = visit.request.query_params
    view = query.get("view", "") if query.get("view") in VIEWS else VIEWS[0]
    days = next((days for days in PERIODS if str(days) == query.get("days")), usage.DAYS)
    pairs: list[tuple[Twins, Named, Named]] = []
    found: list[Use] = []
    if view == TWINS:
        pairs = await visit.read(_twins)
    else:
        found = await visit.read(lambda session: _used(session, visit, view, days))
    return visit.page(
        "gaps/use.html",
        view=view, days=days, periods=PERIODS, uses=found[:SHOWN], count=len(found), pairs=pairs, shown=SHOWN,
        address=lambda period: with_query(PAGE, view="" if view == VIEWS[0] else view, days=str(period)),
        tabs=[(name, with_query(PAGE, view="" if name == VIEWS[0] else name)) for name in VIEWS],
    )  # fmt: skip


def _twins(session: Session) -> list[tuple[Twins, Named, Named]]:
    """Runs in a thread of the store, like every reading transaction."""
    found = usage.near_duplicates(session, limit=SHOWN)
    keys = {key for pair in found for key in (pair.one, pair.other)}
    columns = (ArticleRow.key, ArticleRow.id, ArticleRow.language, ArticleRow.title)
    rows = session.execute(select(*columns).where(ArticleRow.key.in_(keys)))
    named = {row.key: Named(*row) for row in rows}
    return [(pair, named[pair.one], named[pair.other]) for pair in found]


ROUTES = (get("/knowledge/use", show_use),)
