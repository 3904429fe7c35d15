"""Whether the process lives, whether it is ready to work, and what it counts."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.backlog import Backlog, measure
from app.container import House
from app.intake import Intake

if TYPE_CHECKING:
    from app.worker import Worker

ALIVE = text("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > clock_timestamp() - :silence")


def health_routes(house: House, worker: "Worker | None", intake: Intake | None = None) -> list[Route]:
    """`/health/live` answers while the loop runs; `/health/ready` 503 until the store answers and turns are taken.

    A receiver without a worker of its own is ready when its store is: it says how many workers there are.
    """

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_: Request) -> Response:
        state = await report(house, worker, intake)
        return JSONResponse(state, status_code=200 if state["ready"] else 503)

    async def metrics(_: Request) -> Response:
        await report(house, worker, intake)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", metrics)]


async def report(house: House, worker: "Worker | None", intake: Intake | None = None) -> dict[str, Any]:
    """Readiness, backlog and the state of the channel, for `/health/ready`."""
    backlog, others = Backlog(), 0
    try:
        backlog = await house.database.read(lambda s: measure(s, house.settings, house.clock()))
        backlog.publish()
        store = "refuses writes" if house.database.refusing else "ok"
        if house.database.is_shared:
            others = await house.database.read(lambda s: _alive(s, house.settings.worker.dead_after))
    except Exception as error:  # noqa: BLE001 -- any failure of the store is the answer
        store = type(error).__name__
    trouble = backlog.standing.stopped_because
    stated: dict[str, Any] = {
        "ready": store == "ok",
        "store": store,
        "channel": f"stopped: {trouble}" if trouble else "ok",
    }
    if house.database.is_shared:
        stated["workers"] = others
    if worker is not None:
        stated["ready"] = worker.ready and store == "ok"
        stated["worker"] = "ready" if worker.ready else "starting"
        stated["knowledge"] = worker.knowledge_state
        stated["language"] = worker.language_state
        stated["outside"] = worker.outside_state
    if intake is not None:
        stated["intake"] = intake.report()
    return stated | {"backlog": backlog.as_json()}


def _alive(session: Session, silence: timedelta) -> int:
    return int(session.execute(ALIVE, {"silence": silence}).scalar_one())
