"""The queue: every request in one list that agents filter, keep views of, go through by keyboard and act on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from app.console.areas.assets import is_own_path
from app.console.events import live
from app.console.paging import PER_PAGE, cut, read_cursor
from app.console.personal import sight_of
from app.console.policy import POLICY
from app.console.promise import next_promise
from app.console.route import get, post
from app.console.visit import Visit, with_query
from app.console.wording import LANGUAGES
from app.desk import acting, listing, saved_views
from app.desk.acting import PRIORITIES, Agent
from app.desk.catalogue import catalogue_of
from app.desk.listing import MINE, MOST_COUNTED, NOBODY, Listed, Scene, Wish
from app.desk.models import CategoryRow
from app.desk.refusals import ActRefusedError
from app.desk.rules import rules_of
from app.identity.models import EmployeeRow
from tools.service_desk import DeskRefusedError

PAGE = "/queue"
MOST_AT_ONCE = 100  # requests of one act
FRESH = 10.0  # seconds for which a count stands
CHOICES_FRESH = 60.0  # seconds for what one can filter by
Act = Callable[[Session, int, str, Agent], None]
NAMES = {name: name for name in Wish.model_fields} | {"words": "q"}  # a wish's parts as the address has them


@dataclass(frozen=True, slots=True)
class Tab:
    """A view in the page's own list. `id` 0 = always there; `count` None = not counted yet."""

    id: int
    name: str
    path: str
    key: str
    current: bool
    count: int | None
    shared: bool = False
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by and to act with: pairs of value and words."""

    queues: tuple[tuple[str, str], ...]
    categories: tuple[tuple[str, str], ...]
    names: Mapping[str, str]  # of every category, also those that are no longer offered
    locations: tuple[str, ...]
    colleagues: tuple[tuple[str, str], ...]


async def show_queue(visit: Visit) -> Response:
    """The list."""
    wish, scene = wish_of(visit), scene_of(visit)
    after = listing.read_key(read_cursor(visit.request.query_params.get("after", ""), *listing.KINDS[wish.sort]))

    def look(session: Session) -> tuple[list[Listed], Choices, list[saved_views.View], int]:
        since = listing.latest_event(session)
        rows = listing.list_requests(session, wish, scene, after=after, limit=PER_PAGE + 1)
        return rows, choices(visit, session), saved_views.views_of(session, scene.staff_id), since

    rows, known, views, since = await visit.read(look)
    page = cut(rows, [listing.key_of(row, wish.sort) for row in rows])
    told = query_of(wish)
    return visit.page(
        "queue/list.html",
        rows=page.items, wish=wish, known=known, since=since, tabs=_tabs(visit, wish, views), names=NAMES,
        following=with_query(PAGE, **told, after=page.next) if page.next else "", first=with_query(PAGE, **told),
        is_first=after is None, filtered=wish != Wish(sort=wish.sort),
        events=with_query(f"{PAGE}/events", **told, since=str(since)),
        statuses=listing.STATUSES, sorts=listing.SORTS, priorities=PRIORITIES, dues=listing.DUES[1:],
        MINE=MINE, NOBODY=NOBODY, most=MOST_COUNTED, **row_words(visit),
    )  # fmt: skip


async def show_rows(visit: Visit) -> Response:
    """Some rows as they are now, for a list that is open."""
    asked = visit.request.query_params.getlist("n")[:MOST_AT_ONCE]
    numbers = [int(number) for number in asked if number.isascii() and number.isdigit() and len(number) < 10]
    rows, known = await visit.read(lambda s: (listing.rows_of(s, numbers), choices(visit, s)))
    return visit.page("queue/rows.html", rows=rows, known=known, **row_words(visit))


async def queue_events(visit: Visit) -> Response:
    """What has changed since the list was made, and how many there are in each view."""
    wish, scene = wish_of(visit), scene_of(visit)
    told = visit.request.query_params.get("since", "")
    since = int(told) if told.isascii() and told.isdigit() and len(told) < 19 else 0
    return live(visit, POLICY["GET /queue/events"], _changes(visit, wish, scene, since), name="queue")


def _changes(visit: Visit, wish: Wish, scene: Scene, since: int) -> Callable[[Session], Mapping[str, Any]]:
    """Looks again only when something happened, and counts only what was not counted a moment ago."""
    before: dict[str, Any] = {"latest": since, "changed": [], "inside": []}

    def look(session: Session) -> Mapping[str, Any]:
        latest = listing.latest_event(session)
        now = scene._replace(now=visit.shared.house.clock())
        if latest != before["latest"]:
            changed = listing.changed_since(session, since)
            inside = listing.among(session, wish, now, changed.keys())
            before.update(latest=latest, changed=list(changed.items()), inside=inside)
        return before | {"counts": _counts(visit, session, now)}

    return look


def _counts(visit: Visit, session: Session, scene: Scene) -> dict[str, int]:
    """Each view's, as many as one count a look allows to be old."""
    kept = {str(view.id): view.wish for view in saved_views.views_of(session, scene.staff_id)}
    return {key: _count(visit, session, wish, scene) for key, wish in (saved_views.ALWAYS | kept).items()}


def _count(visit: Visit, session: Session, wish: Wish, scene: Scene) -> int:
    lately = visit.shared.lately
    name = ("count", wish.model_dump_json(exclude_defaults=True), scene.staff_id if wish.assignee == MINE else 0)
    known: int | None = lately.known(name, FRESH)
    return known if known is not None else lately.keep(name, listing.count(session, wish, scene))


async def act_on_several(visit: Visit) -> Response:
    """Take, give, move, weigh or solve what was checked; what cannot be is left and said."""
    form, agent = visit.form, agent_of(visit)
    back = form.text("back") if _is_ours(form.text("back")) else PAGE
    numbers = [int(n) for n in form.many("n")[:MOST_AT_ONCE] if n.isascii() and n.isdigit() and len(n) < 10]
    chosen = form.text("act")
    name, _, value = form.text("choice").partition(":") if chosen == "choice" else (chosen, "", "")
    act = BULK.get(name)
    if act is None or not numbers:
        return visit.go(back, "queue.none_chosen", trouble=True)

    def work(session: Session) -> int:
        return sum(_try(session, act, number, value, agent) for number in numbers)

    done = await visit.write(work)
    if done < len(numbers):
        return visit.go(back, "queue.some_done", trouble=True, count=len(numbers) - done, done=done)
    return visit.go(back, "queue.all_done", count=done)


def _try(session: Session, act: Act, number: int, value: str, agent: Agent) -> bool:
    """Whether it could be done; what was refused leaves nothing behind."""
    try:
        with session.begin_nested():
            act(session, number, value, agent)
    except DeskRefusedError:
        return False
    return True


def _assign(session: Session, number: int, value: str, agent: Agent) -> None:
    acting.assign_to(session, number, int(value) if value.isascii() and value.isdigit() else None, agent)


BULK: dict[str, Act] = {
    "take": lambda session, number, _, agent: acting.take(session, number, agent),
    "assign": _assign,
    "queue": acting.move,
    "priority": acting.prioritise,
    "solve": lambda session, number, _, agent: acting.set_status(session, number, "solved", agent),
}


async def keep_view(visit: Visit) -> Response:
    """Keep the filters under a name."""
    form = visit.form
    wish = _wish({name: form.text(NAMES[name]) for name in Wish.model_fields})
    back = with_query(PAGE, **query_of(wish))
    name, shared = form.text("name"), form.has("shared")
    try:
        await visit.write(lambda s: saved_views.save_view(s, visit.me.id, name, wish, shared=shared, now=visit.now))
    except ActRefusedError as refused:
        return visit.go(back, f"errors.request.{refused.reason}", trouble=True)
    return visit.go(back, "queue.view_kept", name=name)


async def drop_view(visit: Visit) -> Response:
    """Forget a view."""
    view_id, may_any = int(visit.request.path_params["id"]), "admin" in visit.me.roles
    try:
        await visit.write(lambda s: saved_views.drop_view(s, visit.me.id, view_id, any_owner=may_any))
    except ActRefusedError as refused:
        return visit.go(PAGE, f"errors.request.{refused.reason}", trouble=True)
    return visit.go(PAGE, "queue.view_dropped")


def wish_of(visit: Visit) -> Wish:
    """The filters in the address; what nobody understands filters nothing."""
    asked = visit.request.query_params
    return _wish({name: asked.get(told, "").strip() for name, told in NAMES.items()})


def _wish(told: Mapping[str, str]) -> Wish:
    given: dict[str, Any] = {name: value for name, value in told.items() if value}
    given["unanswered"] = given.get("unanswered") == "1"
    given["words"] = given.get("words", "")[: listing.LONGEST_WORDS]
    assignee = given.get("assignee", "")
    if assignee not in {MINE, NOBODY} and not (assignee.isascii() and assignee.isdigit() and len(assignee) < 19):
        given.pop("assignee", None)
    while True:
        try:
            return Wish.model_validate(given)
        except ValidationError as error:
            for trouble in error.errors():
                given.pop(str(trouble["loc"][0]), None)


def query_of(wish: Wish) -> dict[str, str]:
    """A wish as the address of its list has it."""
    told = wish.model_dump(mode="json", exclude_defaults=True)
    return {NAMES[name]: "1" if value is True else str(value) for name, value in told.items()}


def scene_of(visit: Visit) -> Scene:
    """Who looks; whoever sees no names cannot search for them either."""
    return Scene(visit.me.id, visit.now, people=sight_of(visit.me).in_full)


def agent_of(visit: Visit, reference: str | None = None) -> Agent:
    """Whoever is signed in, as the desk knows who acts."""
    return Agent(visit.me.id, visit.me.name, visit.now, reference)


def choices(visit: Visit, session: Session) -> Choices:
    """What there is to choose from, in the viewer's language."""
    language, lately = visit.words.language, visit.shared.lately
    known: Choices | None = lately.known(("choices", language), CHOICES_FRESH)
    if known is not None:
        return known
    categories = catalogue_of(session)
    specs = {row.id: row.spec for row in session.scalars(select(CategoryRow))}
    rules = rules_of(session)
    places = session.scalars(select(EmployeeRow.location).distinct().order_by(EmployeeRow.location))
    found = Choices(
        queues=tuple((queue.id, rules.queue_name(queue.id, language)) for queue in rules.queues),
        categories=tuple((one.id, one.name.get(language, one.name["pt-BR"])) for one in categories if one.queue),
        names={name: spec["name"].get(language, spec["name"]["pt-BR"]) for name, spec in specs.items()},
        locations=tuple(filter(None, places)),
        colleagues=tuple((str(account.id), account.name) for account in acting.colleagues(session)),
    )
    return lately.keep(("choices", language), found)


def row_words(visit: Visit) -> dict[str, Any]:
    """What templates say a row with."""
    return {"sight": sight_of(visit.me), "next_promise": next_promise, "language_names": LANGUAGES}


def _tabs(visit: Visit, wish: Wish, views: list[saved_views.View]) -> list[Tab]:
    """Views in their order; the counts that are known already."""
    always = [_tab(visit, key, saved_views.View(0, key, one, shared=True, mine=False), wish)
              for key, one in saved_views.ALWAYS.items()]  # fmt: skip
    return always + [_tab(visit, str(view.id), view, wish) for view in views]


def _tab(visit: Visit, key: str, view: saved_views.View, wish: Wish) -> Tab:
    mine = visit.me.id if view.wish.assignee == MINE else 0
    count = visit.shared.lately.known(("count", view.wish.model_dump_json(exclude_defaults=True), mine), 60.0)
    path = with_query(PAGE, **query_of(view.wish))
    return Tab(view.id, view.name, path, key, view.wish == wish, count, view.shared, view.mine)


def _is_ours(path: str) -> bool:
    return is_own_path(path) and (path == PAGE or path.startswith((f"{PAGE}?", f"{PAGE}/")))


ROUTES = (
    get("/queue", show_queue),
    get("/queue/rows", show_rows),
    get("/queue/events", queue_events),
    post("/queue/several", act_on_several),
    post("/queue/views", keep_view),
    post("/queue/views/{id:int}", drop_view),
)
