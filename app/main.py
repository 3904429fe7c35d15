"""The ASGI application: the webhook on a path of its own, health and metrics, and whatever pages are given."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from app.container import House
from app.health import health_routes
from app.inbox import Inbox
from app.intake import Intake
from app.tracing import TRACES
from app.whatsapp.webhook import Webhook

if TYPE_CHECKING:
    from app.worker import Worker

log = logging.getLogger(__name__)

WEBHOOK_PATH = "/whatsapp/webhook"
START_AGAIN_SECONDS = 10.0


class Front:
    """Sends the webhook's path straight to the receiver; everything else goes through the pages' router."""

    def __init__(self, webhook: ASGIApp, pages: ASGIApp) -> None:
        self._webhook, self._pages = webhook, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] == WEBHOOK_PATH:
            with TRACES.span("webhook", side="server"):
                await self._webhook(scope, receive, send)
        else:
            await self._pages(scope, receive, send)


def create_app(house: House, *, routes: Sequence[BaseRoute] = (), worker: "Worker | None" = None) -> Front:
    """Put the receiver together on an open house; a `worker` starts with the application, behind it."""
    inbox = Inbox(house.database, house.clock)
    intake = Intake(inbox.accept, house.database, house.settings.intake)
    pages = create_pages(house, routes=routes, worker=worker, intake=intake)
    return Front(Webhook(house.settings.whatsapp, intake.accept), pages)


def create_pages(
    house: House,
    *,
    routes: Sequence[BaseRoute] = (),
    worker: "Worker | None" = None,
    intake: Intake | None = None,
) -> Starlette:
    """Health, metrics and `routes`, with the `worker` and the `intake` for as long as they are served."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        starting = asyncio.create_task(_start(worker), name="worker start") if worker else None
        try:
            yield
        finally:
            if worker and starting:
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
                await worker.stop()
            if intake:
                await intake.close()

    return Starlette(routes=[*health_routes(house, worker, intake), *routes], lifespan=lifespan)


async def _start(worker: "Worker") -> None:
    while True:
        try:
            await asyncio.to_thread(import_module, "app.mind")  # a second in which the loop would take nothing
            await worker.start()
        except Exception:
            log.exception("the worker could not start; messages are kept and answered once it does")
            await asyncio.sleep(START_AGAIN_SECONDS)
        else:
            return
