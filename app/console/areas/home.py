"""The first page: what needs somebody now, kept up to date while it is open."""

from sqlalchemy.orm import Session
from starlette.responses import Response

from app.console.attention import articles_by_language, attention
from app.console.events import live
from app.console.policy import POLICY
from app.console.route import get
from app.console.visit import Visit


async def show_home(visit: Visit) -> Response:
    """Counts of what waits."""
    counts, articles = await visit.read(lambda s: (_counts(visit, s), articles_by_language(s)))
    return visit.page("home/home.html", counts=counts, articles=articles)


async def home_events(visit: Visit) -> Response:
    """The counts again whenever one changes."""
    return live(visit, POLICY["GET /events"], lambda session: _counts(visit, session), name="counts")


def _counts(visit: Visit, session: Session) -> dict[str, int]:
    house = visit.shared.house
    return attention(session, house.settings, house.clock())


ROUTES = (get("/", show_home), get("/events", home_events))
