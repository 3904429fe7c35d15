"""An emulator and the business it talks to, both behind real HTTP servers."""

import contextlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.emulator.mailbox import Mailbox
from app.emulator.people import Person
from app.emulator.routes import emulator_routes
from app.emulator.switchboard import Emulator

SECRET = "app-secret"
TOKEN = "system-user-token"
NUMBER = "106540352242922"


@contextlib.asynccontextmanager
async def served(app: Any) -> AsyncIterator[str]:
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        await server.shutdown(sockets=[listener])


@dataclass
class Clock:
    at: datetime = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)


@dataclass
class Business:
    """Takes webhooks; `answers` are the next status codes, then 200."""

    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.bodies.append(await request.body())
        self.headers.append(dict(request.headers))
        return Response(status_code=self.answers.pop(0) if self.answers else 200)

    @property
    def values(self) -> list[dict[str, Any]]:
        posts = [json.loads(body) for body in self.bodies]
        return [change["value"] for post in posts for entry in post["entry"] for change in entry["changes"]]

    @property
    def inbound(self) -> list[dict[str, Any]]:
        return [message for value in self.values for message in value.get("messages", [])]

    @property
    def statuses(self) -> list[dict[str, Any]]:
        return [status for value in self.values for status in value.get("statuses", [])]


@dataclass
class World:
    emulator: Emulator
    mailbox: Mailbox
    business: Business
    clock: Clock
    url: str
    http: httpx.AsyncClient

    async def post(self, body: dict[str, Any], token: str = TOKEN) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        whole = {"messaging_product": "whatsapp"} | body
        return await self.http.post(f"/v25.0/{NUMBER}/messages", json=whole, headers=headers)

    async def text(self, to: str, words: str = "Olá!", **more: Any) -> httpx.Response:
        return await self.post({"to": to, "type": "text", "text": {"body": words}} | more)


def people() -> list[Person]:
    return [
        Person("ana", "Ana Souza", "5511987654321", "BR.447102", language="pt-BR"),
        Person("caio", "Caio Ribeiro", "553188776655", language="pt-BR"),
        Person("lucia", "Lucía Fernández", "5491155667788", "AR.229041", language="es"),
        Person("noa", "Noa", None, "PT.701422", "noa.b"),
    ]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    clock, business = Clock(), Business()
    emulator = Emulator(SECRET, TOKEN, NUMBER, "102290129340398", people=people(), clock=clock)
    callback = Route("/whatsapp/webhook", business.take, methods=["POST"])
    async with Mailbox() as mailbox, served(whole_app(emulator, mailbox, callback)) as url:
        emulator.webhook_url = f"{url}/whatsapp/webhook"
        async with emulator, httpx.AsyncClient(base_url=url, trust_env=False, timeout=5) as http:
            yield World(emulator, mailbox, business, clock, url, http)


def whole_app(emulator: Emulator, mailbox: Mailbox, *others: Route) -> Starlette:
    return Starlette(routes=[*emulator_routes(emulator, mailbox), *others])
