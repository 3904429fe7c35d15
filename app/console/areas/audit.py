"""The audit trail as a page: who did what, looked through, read over, taken along as CSV."""

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session
from starlette.responses import Response, StreamingResponse

from app.audit.models import AuditEntry
from app.audit.reading import KINDS, Wish, count, entries, kinds_of_actors
from app.audit.verification import Verdict, verify
from app.console.bench import Heard
from app.console.moments import zone_of
from app.console.paging import PER_PAGE, cut, read_cursor
from app.console.policy import may
from app.console.route import get, post
from app.console.visit import Visit, with_query
from app.console.wording import Words
from app.staff.accounts import all_staff
from app.staff.sessions import Viewer

PAGE = "/audit"
JOB = "audit"
SHORT = 20_000  # entries that are read over while the page waits: 0.3 s
QUICK = 2.0  # seconds it is waited for
PIECE = 1_000  # entries of an export read at once
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would calculate
COLUMNS = ("entry", "at", "who", "name", "what", "about", "details", "hash")
LINKS = {
    "staff": "/staff/{id:int}",
    "request": "/queue/{id:int}",
    "conversation": "/conversations/{id:int}",
    "wish": "/privacy/wishes/{id:int}",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as its page shows it."""

    id: int
    at: datetime
    who: str
    what: str
    route: str  # of a form that has no words of its own
    about: str
    link: str
    details: Mapping[str, Any] | None  # None = erased


async def show_audit(visit: Visit) -> Response:
    """A page of entries, newest first, and whether the trail holds."""
    wish, typed = _wish(visit)
    after = read_cursor(visit.request.query_params.get("after", ""), int)

    def look(session: Session) -> tuple[list[AuditEntry], int, list[str], dict[str, str]]:
        rows = entries(session, wish, before=after[0] if after else None, limit=PER_PAGE + 1)
        people = {f"staff {row.id}": row.name for row in all_staff(session)}
        session.expunge_all()
        return rows, count(session), kinds_of_actors(session), people

    rows, total, others, people = await visit.read(look)
    if visit.shared.watch.verdict is None and total <= SHORT:
        await _read_over(visit)
    page = cut(rows, [(row.id,) for row in rows])
    told = {name: value for name, value in typed.items() if value}
    actors = [*people.items(), *((actor, _who(visit.words, actor, people)) for actor in others)]
    job = visit.shared.bench.job(JOB)
    return visit.page(
        "audit/list.html",
        lines=[_line(visit, row, people) for row in page.items], total=total, typed=typed, filtered=bool(told),
        actors=actors,
        kind_pairs=[(kind, visit.words(f"audit.kind.{kind}")) for kind in KINDS],
        following=with_query(PAGE, **told, after=page.next) if page.next else "",
        first=with_query(PAGE, **told), is_first=after is None, export=with_query(f"{PAGE}/export", **told),
        watch=visit.shared.watch, reading=job is not None and job.active,
    )  # fmt: skip


async def read_over(visit: Visit) -> Response:
    """Read the whole trail over now."""
    await visit.shared.bench.begin(JOB, "reading", lambda _: _read_over(visit), wait=QUICK)
    watch = visit.shared.watch
    await visit.remember("audit.verified", "audit trail", holds=watch.verdict is not None and watch.verdict.holds)
    return visit.go(PAGE)


async def _read_over(visit: Visit, _: Heard | None = None) -> None:
    watch = visit.shared.watch

    def look(session: Session) -> Verdict:
        return verify(session, watch.anchor)

    verdict = await visit.read(look)
    watch.keep(verdict, visit.now)


async def export(visit: Visit) -> Response:
    """What the filters leave as CSV, however much it is."""
    wish, typed = _wish(visit)
    await visit.remember("audit.exported", "audit trail", filters={name: bool(value) for name, value in typed.items()})
    people = await visit.read(lambda s: {f"staff {row.id}": row.name for row in all_staff(s)})
    name = f"audit-{visit.now:%Y-%m-%d}.csv"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return StreamingResponse(_rows(visit, wish, people), media_type="text/csv; charset=utf-8", headers=headers)


async def _rows(visit: Visit, wish: Wish, people: Mapping[str, str]) -> AsyncIterator[str]:
    yield "\ufeff" + csv_line(COLUMNS)  # the mark by which spreadsheets know UTF-8
    before: int | None = None
    while True:
        rows = await visit.read(lambda s: _piece(s, wish, before))  # noqa: B023 -- awaited before it changes
        for row in rows:
            told = row.details if row.details is not None else visit.words("audit.erased")
            shown = (row.id, row.at.isoformat(), row.actor, people.get(row.actor, ""))
            yield csv_line((*shown, row.action, row.subject, told, row.hash))
        if len(rows) < PIECE:
            return
        before = rows[-1].id


def _piece(session: Session, wish: Wish, before: int | None) -> list[AuditEntry]:
    rows = entries(session, wish, before=before, limit=PIECE)
    session.expunge_all()
    return rows


def csv_line(values: tuple[object, ...]) -> str:
    """A line of CSV in which no cell is a formula."""
    line = io.StringIO()
    cells = (f"'{cell}" if cell.startswith(FORMULA) else cell for cell in map(str, values))
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _line(visit: Visit, row: AuditEntry, people: Mapping[str, str]) -> Line:
    words, key = visit.words, f"audit.action.{row.action.replace('.', '_')}"
    known = key in words
    return Line(
        id=row.id,
        at=row.at,
        who=_who(words, row.actor, people),
        what=words(key) if known else words("audit.form"),
        route="" if known else row.action,
        about=_about(words, row.subject, people),
        link=_link(visit.me, row.subject),
        details=None if row.details is None else json.loads(row.details),
    )


def _who(words: Words, actor: str, people: Mapping[str, str]) -> str:
    kind, _, name = actor.partition(" ")
    if actor in people:
        return people[actor]
    key = f"audit.actor.{kind}"
    said = words(key) if key in words else actor
    return f"{said} ({name})" if name and key in words else said


def _about(words: Words, subject: str, people: Mapping[str, str]) -> str:
    kind, _, name = subject.partition(" ")
    key = f"audit.subject.{kind}"
    return people.get(subject) or (words(key, name=name) if name and key in words else subject)


def _link(viewer: Viewer, subject: str) -> str:
    """Where a subject has a page that the viewer may open."""
    kind, _, name = subject.partition(" ")
    route = LINKS.get(kind, "")
    if not route or not name.isdecimal():
        return ""
    try:
        return route.partition("{")[0] + name if may(viewer, f"GET {route}") else ""
    except KeyError:  # these pages are not there
        return ""


def _wish(visit: Visit) -> tuple[Wish, dict[str, str]]:
    query = visit.request.query_params
    typed = {name: query.get(name, "")[:100].replace("\0", "") for name in ("who", "kind", "about", "since", "until")}
    zone, until = zone_of(visit.me.timezone), _day(typed["until"])
    since = _day(typed["since"])
    wish = Wish(
        actor=typed["who"],
        kind=typed["kind"] if typed["kind"] in KINDS else "",
        subject=_subject(typed["about"]),
        since=datetime.combine(since, time(), zone) if since else None,
        until=datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
    )
    return wish, typed


def _subject(typed: str) -> str:
    """The number of a request stands for the request."""
    plain = " ".join(typed.split())
    number = plain.removeprefix("#")
    return f"request {number}" if number.isdecimal() else plain


def _day(typed: str) -> datetime | None:
    try:
        return datetime.fromisoformat(typed[:10]) if typed else None
    except ValueError:
        return None


ROUTES = (get(PAGE, show_audit), get(f"{PAGE}/export", export), post(f"{PAGE}/verify", read_over))
