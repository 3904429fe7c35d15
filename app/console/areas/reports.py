"""Reports: an overview, a page for each matter with its charts and tables, and every table as CSV."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.bench import Heard
from app.console.download import attachment
from app.console.events import live
from app.console.moments import zone_of
from app.console.policy import POLICY, may, offers
from app.console.reporting import sections, tiles
from app.console.reporting.asking import PERIODS, Asked, Names, names_in, understand
from app.console.reporting.section import Pair, Section, Shown, Telling
from app.console.route import Served, get
from app.console.sheet import Column, Sheet, as_csv
from app.console.spark import spark
from app.console.visit import Visit
from app.reports import breakdown
from app.reports.choice import Choice
from app.reports.numbers import FEW
from app.reports.themes import Said, Theme, requests_said, themes

PAGE = "/reports"
SECTIONS = (
    sections.VOLUME, sections.PROMISES, sections.ASSISTANT, sections.HAND_OFFS, sections.SATISFACTION, sections.COST,
)  # fmt: skip
TABS = ("", "volume", "promises", "themes", "assistant", "hand-offs", "satisfaction", "cost")
QUICK = 1.5  # seconds that requests being brought together are waited for
FRESH = 10 * 60.0  # seconds for which what was brought together stands
THEMES_SHOWN = 40


async def show_overview(visit: Visit) -> Response:
    """What matters most of every section that the viewer may open."""
    offered = [section for section in SECTIONS if may(visit.viewer, f"GET {section.path}")]
    asked, names, pairs = await _look(visit, (*offered, *(one for one in TOTALS if one not in offered)))
    telling = Telling(asked.choice, names, visit.words, visit.now)
    flow = sections.VOLUME.show(pairs["volume"], telling).charts["flow"]
    groups = {name: make(pairs[name]) for name, make in tiles.BY_SECTION.items() if name in pairs}
    return _page(visit, "reports/overview.html", asked, names, groups=groups, chart=flow)


TOTALS = (sections.VOLUME, sections.PROMISES, sections.ASSISTANT, sections.SATISFACTION)  # what everybody sees


def _page(visit: Visit, template: str, asked: Asked, names: Names, **data: Any) -> Response:
    tabs = [(name, asked.address(_path(name))) for name in TABS if may(visit.viewer, f"GET {_path(name)}")]
    here = visit.path.removeprefix(PAGE).removeprefix("/")
    return visit.page(
        template, asked=asked, names=names, tabs=tabs, section=here, periods=PERIODS, few=FEW, spark=spark,
        opens=offers(visit.viewer, "GET /queue/{id:int}"),
        span=asked.choice.period, span_before=asked.choice.period.before,
        today=visit.now.astimezone(asked.choice.period.zone).date(), **data,
    )  # fmt: skip


def _path(name: str) -> str:
    return f"{PAGE}/{name}" if name else PAGE


async def _look(visit: Visit, wanted: tuple[Section, ...]) -> tuple[Asked, Names, dict[str, Pair]]:
    """The address understood, and what it asks for of these sections; one snapshot."""
    query, zone = visit.request.query_params, zone_of(visit.me.timezone)

    def look(session: Session) -> tuple[Asked, Names, dict[str, Pair]]:
        names = names_in(session, visit.words.language)
        asked = understand(query, names, visit.now, zone)
        pairs = {
            section.name: Pair(*(_figures(visit, session, section, one) for one in (asked.choice, asked.choice.before)))
            for section in wanted
        }
        return asked, names, pairs

    return await visit.read(look)


def _figures(visit: Visit, session: Session, section: Section, choice: Choice) -> Any:
    return visit.shared.figures.have((section.name, choice), lambda: section.look(session, choice, visit.now))


async def _shown(visit: Visit, section: Section) -> tuple[Asked, Names, Shown]:
    asked, names, pairs = await _look(visit, (section,))
    return asked, names, section.show(pairs[section.name], Telling(asked.choice, names, visit.words, visit.now))


def _page_of(section: Section) -> Callable[[Visit], Awaitable[Response]]:
    async def show_section(visit: Visit) -> Response:
        asked, names, shown = await _shown(visit, section)
        return _page(visit, f"reports/{section.name}.html", asked, names, shown=shown, path=section.path)

    return show_section


def _csv_of(section: Section) -> Callable[[Visit], Awaitable[Response]]:
    async def keep_section(visit: Visit) -> Response:
        asked, _, shown = await _shown(visit, section)
        return _kept(visit, asked, shown.sheet(visit.request.query_params.get("table", "")))

    return keep_section


def _kept(visit: Visit, asked: Asked, sheet: Sheet | None) -> Response:
    if sheet is None:
        raise HTTPException(404)
    period = asked.choice.period
    name = f"recado-{sheet.name.replace('_', '-')}-{period.first}-{period.last}.csv"
    return attachment(as_csv(sheet, visit.words), name, "text/csv; charset=utf-8")


async def show_themes(visit: Visit) -> Response:
    """What requests are about: by category at once, brought together by their words as soon as that is done."""
    asked, names, sheets = await _themes(visit)
    found = visit.shared.themes.get(_key(asked))
    return _page(
        visit, "reports/themes.html", asked, names, shown=Shown(sheets=sheets), path="/reports/themes",
        themes=(found or ())[:THEMES_SHOWN], waiting=found is None, events=asked.address("/reports/themes/events"),
    )  # fmt: skip


async def keep_themes(visit: Visit) -> Response:
    """A table of it."""
    asked, _, sheets = await _themes(visit)
    wanted = visit.request.query_params.get("table", "")
    return _kept(visit, asked, Shown(sheets=sheets).sheet(wanted))


async def themes_events(visit: Visit) -> Response:
    """Whether they have been brought together."""
    asked, _, _ = await _look(visit, ())
    shared, key = visit.shared, _key(asked)
    rule = POLICY["GET /reports/themes/events"]
    return live(visit, rule, lambda _: {"ready": shared.themes.get(key) is not None}, name="themes", every=1)


async def _themes(visit: Visit) -> tuple[Asked, Names, tuple[Sheet, ...]]:
    asked, names, _ = await _look(visit, ())
    parts = await visit.read(lambda session: breakdown.by_category(session, asked.choice))
    if visit.shared.themes.age(_key(asked)) > FRESH:
        await _bring_together(visit, asked)
    columns = (Column("category", "text"), Column("count"), Column("before"), Column("change", "change"))
    rows = [(names.category(part.name), part.count, part.before, part.count - part.before) for part in parts]
    found = visit.shared.themes.get(_key(asked)) or ()
    return asked, names, (Sheet("categories", columns, rows), _theme_sheet(found, names, visit))


def _theme_sheet(found: tuple[Theme, ...], names: Names, visit: Visit) -> Sheet:
    columns = (
        Column("theme", "text"), Column("count"), Column("before"), Column("trend", "text"), Column("people"),
        Column("category", "text"), Column("requests", "text"),
    )  # fmt: skip
    rows = [
        (" · ".join(theme.words), theme.count, theme.before, visit.words(f"reports.trend.{theme.trend}"), theme.people,
         names.category(theme.category), ", ".join(f"#{number}" for number in theme.typical))
        for theme in found
    ]  # fmt: skip
    return Sheet("themes", columns, rows)


async def _bring_together(visit: Visit, asked: Asked) -> None:
    """In a thread, behind the page when it takes longer than a moment."""
    shared, key, choice = visit.shared, _key(asked), asked.choice
    faculties = shared.study.faculties()
    embedder = faculties.knowledge.embedder if faculties else None

    async def work(_: Heard) -> None:
        said: list[Said] = await shared.house.database.read(lambda session: requests_said(session, choice))
        await shared.themes.keep(key, lambda: themes(said, choice, embedder))
        shared.pulse.beat()

    await shared.bench.begin(f"themes {key}", "themes", work, wait=QUICK)


def _key(asked: Asked) -> tuple[Any, ...]:
    return tuple(sorted(asked.query.items())), asked.choice.period.first, asked.choice.period.last


def _routes() -> tuple[Served, ...]:
    pages = tuple(get(section.path, _page_of(section)) for section in SECTIONS)
    files = tuple(get(f"{section.path}/csv", _csv_of(section)) for section in SECTIONS)
    return (
        get(PAGE, show_overview),
        get("/reports/themes", show_themes),
        get("/reports/themes/csv", keep_themes),
        get("/reports/themes/events", themes_events),
        *pages,
        *files,
    )


ROUTES = _routes()
