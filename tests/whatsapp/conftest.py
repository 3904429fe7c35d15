"""Bodies as Meta would send them, and settings with made-up secrets."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
import uvicorn
from pydantic import SecretStr

from app.settings import WhatsAppSettings

NUMBER_ID = "106540352242922"
NOW = datetime(2026, 11, 23, 13, tzinfo=UTC)
SENT_AT = "1795438800"  # 2026-11-23 13:00 UTC

Json = dict[str, Any]


@pytest.fixture
def whatsapp() -> WhatsAppSettings:
    return WhatsAppSettings(
        app_secret=SecretStr("app-secret"),
        verify_token=SecretStr("verify-me"),
        access_token=SecretStr("token-of-ours"),
        phone_number_id=NUMBER_ID,
        waba_id="102290129340398",
    )


@pytest.fixture
def envelope() -> Callable[..., bytes]:
    """Wrap a value (or messages and contacts) as Meta does."""

    def wrap(*messages: Any, contacts: list[Any] | None = None, field: str = "messages", **value: Any) -> bytes:
        metadata = {"display_phone_number": "551150003000", "phone_number_id": NUMBER_ID}
        inner: Json = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        if messages:
            inner["messages"] = list(messages)
            inner["contacts"] = [{"profile": {"name": "Ana"}, "wa_id": "5511987654321"}]
        if contacts is not None:
            inner["contacts"] = contacts
        change = {"field": field, "value": inner}
        return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()

    return wrap


@pytest.fixture
def message() -> Callable[..., Json]:
    """A message of Ana's."""

    def make(kind: str = "text", **parts: Any) -> Json:
        head = {"from": "5511987654321", "id": "wamid.IN1", "timestamp": SENT_AT, "type": kind}
        return head | ({"text": {"body": "Oi"}} if kind == "text" else {}) | parts

    return make


@asynccontextmanager
async def _served(app: Any) -> AsyncIterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await serving
    listening.close()


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Any], Any]]:
    """Put an ASGI application on a real socket of this machine; returns its base URL."""
    async with AsyncExitStack() as stack:

        async def start(app: Any) -> str:
            return await stack.enter_async_context(_served(app))

        yield start
