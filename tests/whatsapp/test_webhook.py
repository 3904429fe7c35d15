"""The webhook answers Meta, lets only signed bodies in, and says 200 only for what is stored."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr

from app.errors import ConfigurationError, StoreUnavailableError
from app.whatsapp.errors import OverloadedError
from app.whatsapp.payload import Delivery
from app.whatsapp.signature import sign
from app.whatsapp.webhook import LARGEST, Webhook, webhook_app

SECRET = "app-secret"


class Store:
    """Keeps deliveries, or refuses to."""

    def __init__(self) -> None:
        self.taken: list[Delivery] = []
        self.away = False

    async def accept(self, delivery: Delivery) -> None:
        if self.away:
            raise StoreUnavailableError("away")
        self.taken.append(delivery)


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def app(whatsapp, store) -> Webhook:
    return webhook_app(whatsapp, store.accept)


@pytest.fixture
async def meta(app) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://recado") as client:
        yield client


async def post(meta, body, signature=None, **headers):
    signed = {"X-Hub-Signature-256": sign(SECRET, body) if signature is None else signature} | headers
    return await meta.post("/", content=body, headers=signed)


async def test_the_handshake_returns_the_challenge_as_plain_text(meta):
    asked = {"hub.mode": "subscribe", "hub.challenge": "<b>1158201444", "hub.verify_token": "verify-me"}
    answer = await meta.get("/", params=asked)
    assert (answer.status_code, answer.text) == (200, "<b>1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "change",
    [
        {"hub.verify_token": "wrong"},
        {"hub.verify_token": ""},
        {"hub.mode": "unsubscribe"},
        {"hub.verify_token": "vérify"},
    ],
)
async def test_a_wrong_handshake_is_refused(meta, change):
    asked = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": "verify-me"} | change
    answer = await meta.get("/", params=asked)
    assert (answer.status_code, answer.text) == (403, "verification failed")
    assert (await meta.get("/?" + "a=1&" * 10_000)).status_code == 403


async def test_without_a_verify_token_no_handshake_succeeds(whatsapp, store):
    app = webhook_app(whatsapp.model_copy(update={"verify_token": SecretStr("")}), store.accept)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://recado") as client:
        assert (await client.get("/", params={"hub.mode": "subscribe", "hub.verify_token": ""})).status_code == 403


def test_without_an_app_secret_there_is_no_webhook(whatsapp, store):
    with pytest.raises(ConfigurationError):
        webhook_app(whatsapp.model_copy(update={"app_secret": SecretStr("")}), store.accept)


async def test_a_signed_body_is_stored_and_acknowledged(meta, store, envelope, message):
    answer = await post(meta, envelope(message()))
    assert (answer.status_code, answer.content) == (200, b"")
    assert store.taken[0].messages[0].incoming.text == "Oi"


async def test_the_old_secret_still_counts_while_it_is_rotated(whatsapp, store, envelope, message):
    app = webhook_app(whatsapp.model_copy(update={"app_secret": SecretStr(f"new,{SECRET}")}), store.accept)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://recado") as client:
        assert (await post(client, envelope(message()))).status_code == 200


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=abc", "nonsense"])
async def test_an_unsigned_or_forged_body_is_refused_and_not_stored(meta, store, envelope, message, signature):
    answer = await post(meta, envelope(message()), signature)
    assert (answer.status_code, answer.text, store.taken) == (401, "signature missing or wrong", [])


async def test_no_or_two_signatures_are_refused(meta, store, envelope, message):
    body = envelope(message())
    assert (await meta.post("/", content=body)).status_code == 401
    twice = [("X-Hub-Signature-256", sign(SECRET, body))] * 2
    assert (await meta.post("/", content=body, headers=twice)).status_code == 401
    assert store.taken == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b'{"entry":' + b"[" * 100_000 + b"]" * 100_000 + b"}"])
async def test_a_signed_body_that_is_none_is_refused(meta, store, body):
    answer = await post(meta, body)
    assert (answer.status_code, answer.text, store.taken) == (400, "not a WhatsApp webhook", [])


async def test_a_body_over_3_mb_is_refused_by_its_length_and_by_its_bytes(meta, store):
    assert (await post(meta, b"x" * (LARGEST + 1))).status_code == 413

    async def chunks():
        for _ in range(4):
            yield b"x" * 1024 * 1024

    answer = await meta.post("/", content=chunks())
    assert (answer.status_code, answer.headers["connection"], store.taken) == (413, "close", [])


async def test_at_too_much_meta_is_told_when_to_come_back(whatsapp, envelope, message):
    async def accept(_: Delivery) -> None:
        raise OverloadedError("full", 12)

    transport = httpx.ASGITransport(webhook_app(whatsapp, accept))
    async with httpx.AsyncClient(transport=transport, base_url="http://recado") as meta:
        answer = await post(meta, envelope(message()))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "12")


async def test_when_the_store_is_away_meta_is_asked_to_try_again(meta, store, envelope, message):
    store.away = True
    answer = await post(meta, envelope(message()))
    assert (answer.status_code, answer.text) == (503, "not stored, try again")
    assert answer.headers["retry-after"] == "5"
    store.away = False
    assert (await post(meta, envelope(message()))).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
async def test_other_methods_are_refused(meta, method):
    answer = await meta.request(method, "/")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_a_body_that_does_not_arrive_is_given_up(app, store):
    app.slowest = 0.01
    sent = []

    async def receive():
        await asyncio.Event().wait()

    async def send(event):
        sent.append(event)

    await app({"type": "http", "method": "POST", "headers": [], "query_string": b""}, receive, send)
    assert (sent[0]["status"], store.taken) == (408, [])


async def test_nobody_is_answered_after_hanging_up(app, store):
    async def receive():
        return {"type": "http.disconnect"}

    async def send(event):
        raise AssertionError(event)

    await app({"type": "http", "method": "POST", "headers": [], "query_string": b""}, receive, send)
    assert store.taken == []


async def test_nothing_of_a_body_is_logged(meta, store, envelope, message, caplog):
    caplog.set_level("DEBUG", logger="app")
    await post(meta, envelope(message(text={"body": "segredo"})))
    await post(meta, b'{"entry": "segredo"}')
    await post(meta, b"segredo", "sha256=segredo")
    assert "segredo" not in caplog.text


async def test_a_thousand_messages_arrive_over_a_real_socket(app, store, message, serve):
    value = {"messages": [message(id=f"wamid.{number}") for number in range(1000)]}
    body = json.dumps({"entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]}).encode()
    async with httpx.AsyncClient(base_url=await serve(app), trust_env=False) as client:
        assert (await post(client, body)).status_code == 200
        assert (await post(client, body, "sha256=00")).status_code == 401
    assert [len(delivery.messages) for delivery in store.taken] == [1000]


async def test_a_body_announced_too_large_is_refused_before_it_arrives(app, serve):
    port = int((await serve(app)).rsplit(":", 1)[1])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: recado\r\nContent-Length: %d\r\n\r\n" % (LARGEST + 1))
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    assert (await reader.read()).endswith(b"body larger than 3 MB")
    writer.close()
    await writer.wait_closed()


def test_receiving_needs_neither_the_graph_nor_the_index():
    code = "import sys, app.whatsapp.webhook; print({'langgraph', 'chromadb', 'fastapi'} & sys.modules.keys())"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
