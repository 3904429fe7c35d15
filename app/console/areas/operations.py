"""Operations: what waits, what failed and why, what Meta says, what the house stands on; and the doctor."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from prometheus_client import REGISTRY
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.backlog import Backlog, measure
from app.console.events import live
from app.console.moments import zone_of
from app.console.personal import sight_of
from app.console.policy import POLICY
from app.console.route import get, post
from app.console.visit import Visit, with_query
from app.container import House
from app.doctor.finding import Finding
from app.knowledge.runs import Run, latest
from app.operations import failures
from app.operations.failures import Failure
from app.operations.machine import look_around
from app.operations.notices import Told, broken_items, notices
from app.operations.waiting import Beat, Lane, jobs, lanes, workers
from app.reports.choice import Choice
from app.reports.period import last_days
from app.reports.spending import Spending, spending

PAGE = "/operations"
SHOWN = 100  # entries of one reason
KINDS = ("message", "mail", "fetch", "inbox")
DAY = timedelta(days=1)
SHED = ("full", "share", "store")  # why new messages were refused


@dataclass(frozen=True, slots=True)
class Standing:
    """All of it that the store tells."""

    backlog: Backlog
    lanes: list[Lane]
    failures: list[Failure]
    jobs: dict[str, int]
    workers: list[Beat]
    notices: list[Told]
    broken_items: int
    run: Run | None
    today: Spending


async def show_operations(visit: Visit) -> Response:
    """The page."""
    return await _page(visit)


async def _page(visit: Visit, findings: list[Finding] | None = None) -> Response:
    house = visit.shared.house
    found = await visit.read(lambda session: _standing(session, visit))
    machine = await asyncio.to_thread(look_around, house.settings, house.database.engine, house.data_dir)
    faculties = house.presence.faculties or visit.shared.study.faculties()
    return visit.page(
        "operations/operations.html",
        found=found, letters_address=letters_address, counts=_counts(found.backlog), machine=machine, findings=findings,
        models=_models(faculties.engines.state) if faculties else None,
        outside=faculties.outside.state if faculties else "",
        knowledge=faculties.knowledge.state if faculties else None,
        shed={reason: _shed(reason) for reason in SHED}, silence=house.settings.worker.dead_after,
        budget=house.settings.llm.tokens_per_contact_day, number=house.settings.whatsapp.phone_number_id,
        shared=house.database.is_shared,
    )  # fmt: skip


async def operations_events(visit: Visit) -> Response:
    """The counts again whenever one changes."""
    house = visit.shared.house
    rule = POLICY["GET /operations/events"]
    return live(visit, rule, lambda session: _counts(_measured(session, house)), name="counts")


async def show_letters(visit: Visit) -> Response:
    """Entries of one reason, without the words that are in them."""
    kind, state, error = _reason(visit.request.query_params)
    found = await visit.read(lambda session: failures.entries(session, kind, state, error, limit=SHOWN))
    if not found:
        return visit.go(PAGE, "operations.nothing_there")
    reason = Failure(kind, state, error, len(found), found[0].at, found[-1].at)
    sight = sight_of(visit.me)
    whole = await visit.read(lambda session: len(failures.ids_of(session, kind, state, error)))
    return visit.page("operations/letters.html", reason=reason, letters=found, phone=sight.phone, whole=whole)


async def take_up(visit: Visit) -> Response:
    """Send or think again: one entry, or all of a reason."""
    kind, ids = await _chosen(visit)
    now = visit.now
    done = await visit.write(lambda session: failures.take_up(session, kind, ids, now))
    return visit.go(PAGE, "operations.taken_up", count=done, trouble=not done)


async def drop(visit: Visit) -> Response:
    """Give up for good: one entry, or all of a reason."""
    kind, ids = await _chosen(visit)
    if kind == "inbox":
        raise HTTPException(400)
    done = await visit.write(lambda session: failures.drop(session, ids))
    return visit.go(PAGE, "operations.dropped", count=done, trouble=not done)


async def examine(visit: Visit) -> Response:
    """Let the doctor look now; it takes seconds, and changes nothing."""
    from app.doctor import examine as look  # noqa: PLC0415 -- brings clients of everything with it

    return await _page(visit, await asyncio.to_thread(look, visit.shared.house.settings))


async def _chosen(visit: Visit) -> tuple[str, list[int]]:
    form = visit.form
    kind, state, error = _reason({name: form.raw(name) for name in ("kind", "state", "error")})
    if form.has("all"):
        return kind, await visit.read(lambda session: failures.ids_of(session, kind, state, error))
    one = form.number("id", least=1, most=2**63 - 1)
    if one is None:
        raise HTTPException(400)
    return kind, [one]


def _reason(told: Mapping[str, str]) -> tuple[str, str, str]:
    kind = told.get("kind", "")
    if kind not in KINDS:
        raise HTTPException(404)
    return kind, told.get("state", ""), told.get("error", "")


def letters_address(failure: Failure) -> str:
    """Where the entries of a reason are."""
    return with_query(f"{PAGE}/letters", kind=failure.kind, state=failure.state, error=failure.error)


def _standing(session: Session, visit: Visit) -> Standing:
    house, now = visit.shared.house, visit.now
    today = Choice(last_days(1, now, zone_of(visit.me.timezone)))
    return Standing(
        backlog=_measured(session, house),
        lanes=lanes(session),
        failures=failures.failures(session),
        jobs=jobs(session),
        workers=workers(session),
        notices=notices(session),
        broken_items=broken_items(session, now - DAY),
        run=next(iter(latest(session, 1)), None),
        today=spending(session, today),
    )


def _measured(session: Session, house: House) -> Backlog:
    return measure(session, house.settings, house.clock())


def _counts(backlog: Backlog) -> dict[str, Any]:
    """Plain numbers, for the page and its events."""
    waiting = {state: backlog.outbox.get(state, 0) for state in ("new", "sending", "held", "failed", "dead")}
    return {
        "unread": backlog.unread,
        "oldest_unread": round(backlog.oldest_unread),
        "unsent": waiting["new"] + waiting["sending"],
        "oldest_unsent": round(max(backlog.oldest_unsent.values(), default=0)),
        "held": waiting["held"],
        "failed": waiting["failed"] + waiting["dead"],
        "parked": backlog.given_up,
        "files_failed": backlog.files_failed,
        "stopped": int(bool(backlog.standing.stopped_because)),
    }


def _models(state: str) -> list[tuple[str, str]]:
    """Each model and what is wrong with it; "ok" is nothing."""
    return [(name, trouble) for name, _, trouble in (part.rpartition(": ") for part in state.split("; ")) if name]


def _shed(reason: str) -> int:
    """How many deliveries this process has refused for it."""
    return int(REGISTRY.get_sample_value("recado_shed_total", {"reason": reason}) or 0)


ROUTES = (
    get(PAGE, show_operations),
    get("/operations/events", operations_events),
    get("/operations/letters", show_letters),
    post("/operations/letters/again", take_up),
    post("/operations/letters/drop", drop),
    post("/operations/doctor", examine),
)
