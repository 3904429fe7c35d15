"""An emulated Meta behind a real HTTP server, a webhook that is ours, and the doctor asking about both."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import Route

from app.doctor.finding import Finding
from app.doctor.meta import check_meta
from app.emulator.account import Account
from app.emulator.routes import emulator_routes
from app.emulator.switchboard import Emulator
from app.emulator.template import Template
from app.settings import Settings, WhatsAppSettings
from app.whatsapp.webhook import webhook_app
from tests.tools.external.conftest import server, world

__all__ = ["server", "world"]
NUMBER, WABA = "106540352242922", "102290129340398"


@dataclass
class Meta:
    emulator: Emulator
    settings: Settings

    @property
    def account(self) -> Account:
        return self.emulator.account

    async def look(self, **changes: Any) -> list[Finding]:
        """What the doctor finds at Meta; `changes` are settings of WhatsApp."""
        whatsapp = self.settings.whatsapp.model_copy(update=changes)
        return await asyncio.to_thread(check_meta, self.settings.model_copy(update={"whatsapp": whatsapp}))


@asynccontextmanager
async def served(app: Any, port: int) -> AsyncIterator[None]:
    listener = socket.create_server(("127.0.0.1", port))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield
    server.should_exit = True
    await serving
    listener.close()


async def never(_: Any) -> None:
    raise AssertionError("nothing is delivered here")


@pytest.fixture
async def meta(free_port: Callable[[], int]) -> AsyncIterator[Meta]:
    port = free_port()
    whatsapp = WhatsAppSettings(
        app_secret=SecretStr("app-secret"), verify_token=SecretStr("verify-me"), access_token=SecretStr("the-token"),
        phone_number_id=NUMBER, waba_id=WABA, base_url=f"http://127.0.0.1:{port}",
    )  # fmt: skip
    callback = f"http://127.0.0.1:{port}/whatsapp/webhook"
    emulator = Emulator("app-secret", "the-token", NUMBER, WABA, callback, [], business_name="Ipê")
    emulator.templates = [Template("agent_replied", "pt_BR", "{{1}}")]
    routes = [Route("/whatsapp/webhook", webhook_app(whatsapp, never)), *emulator_routes(emulator)]
    async with served(Starlette(routes=routes), port):
        yield Meta(emulator, Settings(whatsapp=whatsapp))


@pytest.fixture
def found() -> Callable[[list[Finding], str], Awaitable[list[Finding]]]:
    return lambda findings, what: [finding for finding in findings if finding.what == what]
