"""Whether the process lives, whether it is ready to work, and what it counts."""

from collections.abc import Awaitable, Callable
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Report = Callable[[], Awaitable[dict[str, Any]]]  # {"ready": bool, ...}


def health_routes(report: Report) -> list[Route]:
    """`/health/live` answers while the loop runs; `/health/ready` 503 until turns are taken and the store answers."""

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"})

    async def ready(_: Request) -> Response:
        state = await report()
        return JSONResponse(state, status_code=200 if state["ready"] else 503)

    async def metrics(_: Request) -> Response:
        await report()
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route("/health/live", live), Route("/health/ready", ready), Route("/metrics", metrics)]
