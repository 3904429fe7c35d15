import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from app.doctor.endpoint import Endpoint, check_endpoint
from app.doctor.finding import Finding
from tests.doctor.conftest import served


@pytest.fixture
async def ask(free_port):
    """An endpoint that has two models and wants the key "k"; `answers` replaces what it says."""
    answers: list[Any] = []

    async def models(request: Request) -> JSONResponse:
        if answers:
            return JSONResponse(answers[-1][1], answers[-1][0])
        if request.headers.get("authorization") != "Bearer k":
            return JSONResponse({"error": "no"}, 401)
        return JSONResponse({"data": [{"id": "small"}, {"id": "large"}]})

    async def ask(*, key: str = "k", model: str = "small", answer: Any = None, url: str = "") -> Finding:
        answers[:] = [answer] if answer else []
        there = Endpoint("language model", "RECADO_LLM", url or f"http://127.0.0.1:{port}/v1", key, model)
        (finding,) = await asyncio.to_thread(check_endpoint, there, "the embedded engine thinks")
        return finding

    port = free_port()
    async with served(Starlette(routes=[Route("/v1/models", models)]), port):
        yield ask


async def test_an_endpoint_that_takes_the_key_and_has_the_model_is_good(ask):
    assert (await ask()).state == "good"


@pytest.mark.parametrize(("given", "state", "said", "advice"), [
    ({"key": "wrong"}, "trouble", "our key", "RECADO_LLM__API_KEY"),
    ({"model": "huge"}, "trouble", "large, small", "RECADO_LLM__MODEL"),
    ({"model": ""}, "trouble", "no model", "RECADO_LLM__MODEL"),
    ({"answer": (404, {})}, "note", "lists no models", "/v1"),
    ({"answer": (500, {})}, "trouble", "500", "runs it"),
    ({"answer": (200, ["surprise"])}, "good", "small", ""),
    ({"url": "http://127.0.0.1:9"}, "trouble", "does not answer", "RECADO_LLM__BASE_URL"),
])  # fmt: skip
async def test_what_is_wrong_with_an_endpoint_is_named_with_its_remedy(ask, given, state, said, advice):
    finding = await ask(**given)
    assert finding.state == state
    assert said in finding.found
    assert advice in finding.advice


def test_without_an_endpoint_it_says_what_is_done_instead():
    (finding,) = check_endpoint(Endpoint("language model", "RECADO_LLM", "", "", ""), "the embedded engine thinks")
    assert (finding.state, finding.found) == ("good", "none: the embedded engine thinks")
