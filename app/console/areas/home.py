"""The first page: what needs whoever looks, kept up to date while it is open."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session
from starlette.responses import Response

from app.console.attention import Near, articles_by_language, articles_to_review, attention, near_promises
from app.console.events import live
from app.console.personal import sight_of
from app.console.policy import POLICY, offers
from app.console.reporting.asking import Names, names_in
from app.console.route import get
from app.console.visit import Visit
from app.knowledge.gaps import DAYS, Gap, gaps
from app.knowledge.questions import failed_questions

GAPS_SHOWN = 5
QUERIES = (  # a page, the route that decides who may open it, and its name in the wording
    ("/queue?assignee=me", "GET /queue", "mine"),
    ("/queue?assignee=nobody", "GET /queue", "nobodys"),
    ("/queue?due=overdue", "GET /queue", "overdue"),
    ("/queue?unanswered=1", "GET /queue", "unanswered"),
    ("/reports/promises?days=7", "GET /reports/promises", "promises"),
    ("/reports/themes?days=7", "GET /reports/themes", "themes"),
    ("/reports/satisfaction", "GET /reports/satisfaction", "satisfaction"),
    ("/knowledge/use?view=contradicted", "GET /knowledge/use", "contradicted"),
    ("/operations#failures", "GET /operations", "failures"),
    ("/quality", "GET /quality", "quality"),
)
PLACES = {  # where a count leads
    "mine": ("/queue?assignee=me", "GET /queue"),
    "nobodys": ("/queue?assignee=nobody", "GET /queue"),
    "open_requests": ("/queue", "GET /queue"),
    "overdue": ("/queue?due=overdue", "GET /queue"),
    "hand_offs": ("/conversations", "GET /conversations"),
    "unread": ("/operations", "GET /operations"),
    "parked": ("/operations#failures", "GET /operations"),
    "unsent": ("/operations#failures", "GET /operations"),
    "held": ("/operations#failures", "GET /operations"),
}


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for the viewer; lists that are not theirs are empty."""

    counts: dict[str, int]
    names: Names
    near: list[Near] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    gap_count: int = 0
    unanswered: int = 0  # questions of the last days that nobody has brought together yet
    articles: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)
    to_review: int = 0


async def show_home(visit: Visit) -> Response:
    """What waits, and questions often asked."""
    found = await visit.read(lambda session: _waiting(session, visit))
    places = {name: path for name, (path, route) in PLACES.items() if offers(visit.viewer, route)}
    queries = [(path, name) for path, route, name in QUERIES if offers(visit.viewer, route)]
    return visit.page(
        "home/home.html",
        found=found, counts=found.counts, places=places, queries=queries, in_full=sight_of(visit.me).in_full,
        opens=offers(visit.viewer, "GET /queue/{id:int}"), helps=_helps(visit), keeps=_keeps(visit),
        runs=offers(visit.viewer, "GET /operations"),
    )  # fmt: skip


async def home_events(visit: Visit) -> Response:
    """The counts again whenever one changes."""
    return live(visit, POLICY["GET /events"], lambda session: _counts(visit, session), name="counts")


def _waiting(session: Session, visit: Visit) -> Waiting:
    counts, names = _counts(visit, session), names_in(session, visit.words.language)
    near = near_promises(session, visit.me.id) if _helps(visit) else []
    if not _keeps(visit):
        return Waiting(counts, names, near)
    found = gaps(session, visit.now, states=("open", "draft"))
    unanswered = 0 if found else len(failed_questions(session, visit.now - timedelta(days=DAYS)))
    articles, to_review = articles_by_language(session), articles_to_review(session, visit.now)
    return Waiting(counts, names, near, found[:GAPS_SHOWN], len(found), unanswered, articles, to_review)


def _helps(visit: Visit) -> bool:
    """Whether they answer requests."""
    return bool(visit.me.roles & {"agent", "admin"})


def _keeps(visit: Visit) -> bool:
    """Whether they keep the knowledge base."""
    return bool(visit.me.roles & {"knowledge", "admin"})


def _counts(visit: Visit, session: Session) -> dict[str, int]:
    house = visit.shared.house
    return attention(session, house.settings, house.clock(), visit.me.id)


ROUTES = (get("/", show_home), get("/events", home_events))
