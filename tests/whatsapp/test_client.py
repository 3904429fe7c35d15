"""The client against a real server that answers as Meta does on good and bad days."""

import asyncio
import json
import socket
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from app.errors import ConfigurationError
from app.whatsapp.address import Address
from app.whatsapp.client import CloudApi
from app.whatsapp.errors import (
    ChannelStoppedError,
    RefusedError,
    ThrottledError,
    UnavailableError,
    WindowClosedError,
)

ANA = Address(wa_id="5511987654321")
HELLO = {"type": "text", "text": {"body": "Oi \ud800 😀"}}
TAKEN = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+5511987654321", "wa_id": "551187654321", "user_id": "BR.1"}],
    "messages": [{"id": "wamid.OUT", "message_status": "accepted"}],
}


class Meta:
    """Answers everything with `answer` and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Response = JSONResponse(TAKEN)
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        body = await request.body()
        self.asked.append((request.method, request.url.path, dict(request.headers), json.loads(body or b"null")))
        await self.answer(scope, receive, send)


def refused(code, status=400, **more):
    error = {"message": f"(#{code}) Words", "type": "OAuthException", "code": code, "fbtrace_id": "A"} | more
    return JSONResponse({"error": error}, status)


@pytest.fixture
def meta() -> Meta:
    return Meta()


@pytest.fixture
async def api(whatsapp, meta, serve):
    async with CloudApi(whatsapp.model_copy(update={"base_url": await serve(meta)})) as api:
        yield api


async def test_a_message_carries_the_token_the_recipient_and_our_reference(api, meta):
    accepted = await api.send(Address(wa_id="5511987654321", bsuid="BR.1"), HELLO, opaque="42")
    assert (accepted.wamid, accepted.wa_id, accepted.user_id) == ("wamid.OUT", "551187654321", "BR.1")
    ((method, path, headers, body),) = meta.asked
    assert (method, path) == ("POST", "/v25.0/106540352242922/messages")
    assert headers["authorization"] == "Bearer token-of-ours"
    assert headers["content-type"] == "application/json"
    assert body == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+5511987654321",
        "recipient": "BR.1",
        "biz_opaque_callback_data": "42",
        **HELLO,
    }


async def test_somebody_without_a_number_is_reached_by_their_bsuid(api, meta):
    await api.send(Address(bsuid="BR.1"), HELLO)
    body = meta.asked[0][3]
    assert body["recipient"] == "BR.1"
    assert "to" not in body
    assert "biz_opaque_callback_data" not in body


async def test_nobody_and_too_long_a_reference_are_refused_before_sending(api, meta):
    with pytest.raises(RefusedError):
        await api.send(Address(), HELLO)
    with pytest.raises(RefusedError):
        await api.send(ANA, HELLO, opaque="x" * 513)
    assert meta.asked == []


async def test_reading_shows_ticks_and_typing(api, meta):
    meta.answer = JSONResponse({"success": True})
    await api.mark_read("wamid.IN", typing=True)
    assert meta.asked[0][3] == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.IN",
        "typing_indicator": {"type": "text"},
    }


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused(190, 401), ChannelStoppedError),
        (refused(0, 401), ChannelStoppedError),
        (refused(131047), WindowClosedError),
        (refused(131026), RefusedError),
        (refused(100, error_subcode=33), ChannelStoppedError),
        (refused("131056"), ThrottledError),
        (refused(None, 401), ChannelStoppedError),
        (JSONResponse({"error": "text"}, 400), RefusedError),
        (JSONResponse([], 400), RefusedError),
        (HTMLResponse("<h1>Bad Gateway</h1>", 502), UnavailableError),
        (HTMLResponse("<h1>Not found</h1>", 404), ChannelStoppedError),
        (Response(b"\xff\xfe", 429, {"Retry-After": "7"}), ThrottledError),
        (RedirectResponse("https://elsewhere.example/"), UnavailableError),
    ],
)
async def test_each_refusal_becomes_the_error_of_its_reaction(api, meta, answer, kind):
    meta.answer = answer
    with pytest.raises(kind) as caught:
        await api.send(ANA, HELLO)
    assert "token-of-ours" not in str(caught.value)
    assert len(meta.asked) == 1


async def test_the_reason_is_metas_most_telling_words_on_one_line(api, meta):
    meta.answer = refused(131009, error_data={"details": "text.body\nis too long " + "x" * 5000})
    with pytest.raises(RefusedError) as caught:
        await api.send(ANA, HELLO)
    assert caught.value.reason.startswith("text.body is too long")
    assert str(caught.value).startswith("131009: text.body")
    assert len(caught.value.reason) < 320
    assert (caught.value.code, caught.value.status) == (131009, 400)


async def test_retry_after_is_kept(api, meta):
    meta.answer = Response(b"", 429, {"Retry-After": "7"})
    with pytest.raises(ThrottledError) as caught:
        await api.send(ANA, HELLO)
    assert caught.value.retry_after.total_seconds() == 7


@pytest.mark.parametrize(
    "answer",
    [
        HTMLResponse("<h1>Welcome to the hotel's Wi-Fi</h1>"),
        JSONResponse({"messages": []}),
        JSONResponse({"messages": [{"id": ""}]}),
        JSONResponse([]),
        refused(131000, 500),
        HTMLResponse("<h1>Gateway timeout</h1>", 504),
    ],
)
async def test_an_answer_that_says_nothing_leaves_it_open_whether_it_was_sent(api, meta, answer):
    meta.answer = answer
    with pytest.raises(UnavailableError) as caught:
        await api.send(ANA, HELLO)
    assert caught.value.ambiguous


async def test_a_lost_answer_is_ambiguous_and_a_refused_connection_is_not(whatsapp):
    async def hang_up(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with CloudApi(whatsapp.model_copy(update={"base_url": f"http://127.0.0.1:{port}"})) as api:
        with pytest.raises(UnavailableError) as lost:
            await api.send(ANA, HELLO)
        server.close()
        await server.wait_closed()
        with pytest.raises(UnavailableError) as unreached:
            await api.send(ANA, HELLO)
    assert lost.value.ambiguous
    assert not unreached.value.ambiguous


async def test_a_server_that_never_answers_is_ambiguous(whatsapp, monkeypatch):
    monkeypatch.setattr("app.whatsapp.client.LONGEST_CALL", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base_url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with CloudApi(whatsapp.model_copy(update={"base_url": base_url})) as api:
            with pytest.raises(UnavailableError) as caught:
                await api.send(ANA, HELLO)
    assert caught.value.ambiguous


@pytest.mark.parametrize("base_url", ["", "ftp://graph.example", "http://"])
async def test_a_wrong_base_url_stops_the_channel(whatsapp, base_url):
    async with CloudApi(whatsapp.model_copy(update={"base_url": base_url})) as api:
        with pytest.raises((ChannelStoppedError, UnavailableError)) as caught:
            await api.send(ANA, HELLO)
    assert not getattr(caught.value, "ambiguous", False)


@pytest.mark.parametrize("change", [{"access_token": SecretStr(" ")}, {"access_token": SecretStr("tökén")},
                                    {"access_token": SecretStr("a\nb")}, {"phone_number_id": "../1"}])  # fmt: skip
def test_without_a_token_and_a_number_there_is_no_client(whatsapp, change):
    with pytest.raises(ConfigurationError):
        CloudApi(whatsapp.model_copy(update=change))
