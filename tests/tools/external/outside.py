"""A server on loopback that speaks as the sources do, well or badly, and remembers what it was asked."""

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tools.external.catalogue import ROWS
from tools.external.domains import plain
from tools.external.keeping import Kept
from tools.external.source import Access, Source
from tools.external.sources import OutsideSources, Terms

DOMAINS = ("superuser.com", "stackoverflow.com", "learn.microsoft.com", "wikipedia.org", "support.google.com")
TITLE, TEXT = "Excel freezes with a large sheet", "Excel freezes when a sheet is large: turn off hardware acceleration."
PAGE = "https://support.google.com/excel-freezes"


def page(title: str = TITLE, text: str = TEXT, url: str = PAGE, **more: Any) -> dict[str, Any]:
    return {"title": title, "content": text, "url": url, **more}


@dataclass
class Asked:
    """A request as it arrived, every byte of it that a person could read."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    raw: str


Say = Callable[[Asked], Awaitable[Response]]


@dataclass
class Outside:
    """What the server answers: `say`, or the shape of each source with one good page."""

    port: int
    asked: list[Asked] = field(default_factory=list)
    say: Say | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def says(self, *answers: Response) -> None:
        """These answers in turn, the last one again and again."""
        left = list(answers)

        async def say(_: Asked) -> Response:
            return left.pop(0) if len(left) > 1 else left[0]

        self.say = say

    async def answer(self, request: Request) -> Response:
        body = await request.body()
        headers = dict(request.headers)
        raw = "\n".join([str(request.url), *(f"{k}: {v}" for k, v in headers.items()), body.decode()])
        asked = Asked(request.method, request.url.path, dict(request.query_params), headers, body, raw)
        self.asked.append(asked)
        return await self.say(asked) if self.say else JSONResponse(shape(asked))


QUESTION_OF_THEIRS = {
    "title": "Excel &quot;freezes&quot; with a large sheet", "link": "https://superuser.com/questions/1/x", "score": 3,
    "is_answered": True, "accepted_answer_id": 77, "body": "<p>It freezes. Why?</p>",
    "owner": {"display_name": "Asker"}, "content_license": "CC BY-SA 4.0",
}  # fmt: skip
ANSWER_OF_THEIRS = {
    "answer_id": 77,
    "body": "<p>Excel freezes with a large sheet: turn off <b>hardware</b> acceleration.</p><script>x()</script>",
    "owner": {"display_name": "Zo&#235;"},
}
SHAPES: dict[str, Any] = {
    "GET /search": {"query": "q", "results": [{**page(), "engine": "duckduckgo", "score": 4.0}], "suggestions": []},
    "POST /search": {"query": "q", "results": [{**page(), "score": 0.9}], "response_time": 0.5},
    "GET /2.3/search/advanced": {"items": [QUESTION_OF_THEIRS], "has_more": False, "quota_remaining": 299},
    "GET /2.3/answers/77": {"items": [ANSWER_OF_THEIRS], "has_more": False, "quota_remaining": 298},
    "GET /api/search": {
        "results": [{"title": TITLE, "url": "https://learn.microsoft.com/en-us/excel", "description": TEXT}],
        "count": 1,
    },
    "GET /w/rest.php/v1/search/page": {
        "pages": [{
            "id": 1, "key": "Excel_freezes", "title": TITLE, "description": None,
            "excerpt": 'Excel <span class="searchmatch">freezes</span> with a large sheet',
        }]
    },
    "GET /res/v1/web/search": {
        "web": {"results": [{"title": TITLE, "url": PAGE, "description": "<b>Excel</b> freezes with a large sheet"}]}
    },
}  # fmt: skip
"""One good page, as each source would say it."""


def shape(asked: Asked) -> Any:
    """What the source of this path answers."""
    return SHAPES[f"{asked.method} {asked.path}"]


@contextmanager
def served_apart(port: int) -> Iterator[Outside]:
    """The server in a thread of its own, for as many tests as like to ask it."""
    world = Outside(port)
    app = Starlette(routes=[Route("/{path:path}", world.answer, methods=["GET", "POST"])])
    listener = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="outside")
    thread.start()
    yield world
    server.force_exit = server.should_exit = True
    thread.join()
    listener.close()


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class House:
    """The sources of one company, asking the server; counts by (source, outcome)."""

    world: Outside
    clock: Clock = field(default_factory=Clock)
    counted: dict[tuple[str, str], int] = field(default_factory=dict)
    opened: list[Source] = field(default_factory=list)

    def source(self, name: str, *, per_minute: int = 20, base_url: str = "") -> Source:
        access = Access(name, base_url or self.world.url, "a-key", per_minute)
        self.opened.append(Source(ROWS[name], access, plain(DOMAINS), self.clock))
        return self.opened[-1]

    def sources(self, *names: str, seconds: float = 4.0, private: tuple[str, ...] = ()) -> OutsideSources:
        given = [self.source(name) for name in names]
        return OutsideSources(given, Terms(seconds, 0.6, private), Kept(3600, self.clock), self._count)

    def _count(self, source: str, outcome: str) -> None:
        self.counted[source, outcome] = self.counted.get((source, outcome), 0) + 1

    async def close(self) -> None:
        for source in self.opened:
            await source.close()


def as_json(data: Any, **headers: str) -> Response:
    return Response(json.dumps(data), media_type="application/json", headers=headers)


def slow(seconds: float) -> Say:
    async def say(asked: Asked) -> Response:
        await asyncio.sleep(seconds)
        return JSONResponse(shape(asked))

    return say


def dripping(data: bytes) -> Response:
    """A body that begins at once and never ends."""

    async def pieces() -> AsyncIterator[bytes]:
        while True:
            yield data
            await asyncio.sleep(0.05)

    return StreamingResponse(pieces(), media_type="application/json")


def bomb() -> Response:
    """60 MB of nothing in 60 kB."""
    packed = gzip.compress(b'{"results":[' + b" " * 60_000_000 + b"]}", 6)
    return Response(packed, media_type="application/json", headers={"content-encoding": "gzip"})
