"""The door to /desk: light, because the receiver starts with it; what is behind it is imported at the first visit."""

import asyncio
from dataclasses import dataclass
from importlib import import_module

from starlette.responses import RedirectResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from app.container import House

ROOT = "/desk"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account that the demo's sign-in page offers, password and all."""

    email: str
    name: str
    role: str
    password: str


def desk_routes(house: House, *, demo: tuple[DemoAccount, ...] = ()) -> list[BaseRoute]:
    """Return the staff pages as routes to join under the house's server."""
    home = Route(ROOT, lambda _: RedirectResponse(f"{ROOT}/"))
    return [home, Mount(ROOT, _Door(house, demo))]


class _Door:
    def __init__(self, house: House, demo: tuple[DemoAccount, ...]) -> None:
        self._house, self._demo = house, demo
        self._desk: ASGIApp | None = None
        self._opening = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._desk is None:
            async with self._opening:
                if self._desk is None:
                    self._desk = await asyncio.to_thread(self._open)
        await self._desk(scope, receive, send)

    def _open(self) -> ASGIApp:
        desk: ASGIApp = import_module("app.console.desk").open_desk(self._house, self._demo)
        return desk
