"""How an area of the staff pages says what it serves; `app.console.desk` joins it with the policy."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from app.console.visit import Visit

Handler = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Served:
    """A method and path below /desk, and what answers there."""

    method: str
    path: str
    handler: Handler

    @property
    def key(self) -> str:
        """Its line in the policy."""
        return f"{self.method} {self.path}"


def get(path: str, handler: Handler) -> Served:
    """Serve a page."""
    return Served("GET", path, handler)


def post(path: str, handler: Handler) -> Served:
    """Serve a form."""
    return Served("POST", path, handler)
