"""An OpenAI-compatible provider over real HTTP: every call does what its script says, or what `mind` thinks."""

import asyncio
import base64
import json
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

PIECE = 5  # letters of a streamed piece
DIMENSION = 32
ALL_WAYS = frozenset({"json_schema", "tool", "json_object", "plain"})


@dataclass(frozen=True)
class Say:
    """One scripted answer of `/chat/completions`."""

    content: str | None = ""
    tool: str = ""  # name of a tool called with `content` as its arguments
    finish: str | None = "stop"
    refusal: str = ""
    status: int = 200
    error: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before the answer
    raw: str | None = None  # a body that is no completion at all
    null_choices: bool = False
    cut_after: int | None = None  # letters of a stream, or of a plain body, after which the connection breaks
    garbage: bool = False  # a line in the stream that is no JSON
    usage: tuple[int, int, int] = (120, 40, 0)  # tokens in, out, cached


def trouble(status: int, code: str = "", *, retry_after: str = "", message: str = "no") -> Say:
    """An error as OpenAI words it."""
    headers = {"retry-after": retry_after} if retry_after else {}
    return Say(status=status, error={"message": message, "type": "error", "code": code or None}, headers=headers)


Mind = Callable[[dict[str, Any]], str]


@dataclass
class Provider:
    """The provider's state: what it will say, what it was asked, and which ways of asking it knows."""

    mind: Mind = lambda body: "{}"
    ways: frozenset[str] = ALL_WAYS
    probes: bool = True  # answer the start-up check by itself, so that scripts are for what comes after
    key: str = ""  # the only accepted key; "" = any
    script: deque[Say] = field(default_factory=deque)
    asked: list[dict[str, Any]] = field(default_factory=list)
    embedded: list[list[str]] = field(default_factory=list)
    heard: list[int] = field(default_factory=list)  # bytes of each file that was transcribed
    transcript: str | Say = "minha vpn não conecta"
    embedding_trouble: Say | None = None
    embeddings_as_floats: bool = False  # whatever was asked for, as old servers do
    dimension: int = DIMENSION
    url: str = ""

    @property
    def questions(self) -> list[dict[str, Any]]:
        """What was asked besides the start-up check."""
        return [body for body in self.asked if shape_of(body) != "probed"]

    def will(self, *answers: Say) -> None:
        """Do this next, in this order."""
        self.script.extend(answers)

    async def chat(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        if refusal := self._refuses(request, body):
            return refusal
        if shape_of(body) == "probed" and self.probes:
            said = self._as_asked(body, '{"ready": true, "word": "recado"}')
        elif self.script:
            said = self.script.popleft()
        else:
            said = self._as_asked(body, self.mind(body))
        if said.delay:
            await asyncio.sleep(said.delay)
        return answer(said, stream=bool(body.get("stream")), model=body.get("model", "scripted"))

    async def embeddings(self, request: Request) -> Response:
        body = await request.json()
        texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
        self.embedded.append(texts)
        if self.embedding_trouble:
            return answer(self.embedding_trouble, stream=False, model="e")
        as_text = body.get("encoding_format") == "base64" and not self.embeddings_as_floats
        data = [
            {"object": "embedding", "index": n, "embedding": packed(vector) if as_text else vector}
            for n, vector in enumerate(vector_of(text, self.dimension) for text in texts)
        ]
        usage = {"prompt_tokens": sum(map(len, texts)) // 4, "total_tokens": sum(map(len, texts)) // 4}
        return JSONResponse({"object": "list", "data": data, "model": body["model"], "usage": usage})

    async def transcriptions(self, request: Request) -> Response:
        async with request.form() as form:
            self.heard.append(len(await form["file"].read()))
        if isinstance(self.transcript, Say):
            await asyncio.sleep(self.transcript.delay)
            return answer(self.transcript, stream=False, model="w")
        return JSONResponse({"text": self.transcript})

    def _refuses(self, request: Request, body: dict[str, Any]) -> Response | None:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return answer(trouble(401, "invalid_api_key"), stream=False, model="")
        way = way_of(body)
        if way not in self.ways:
            return answer(trouble(400, message=f"{way} is not supported"), stream=False, model="")
        return None

    def _as_asked(self, body: dict[str, Any], text: str) -> Say:
        name = body["tools"][0]["function"]["name"] if body.get("tools") else ""
        return Say(text, tool=name, finish="tool_calls" if name else "stop")

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.chat, methods=["POST"]),
                Route("/v1/embeddings", self.embeddings, methods=["POST"]),
                Route("/v1/audio/transcriptions", self.transcriptions, methods=["POST"]),
            ]
        )


def way_of(body: dict[str, Any]) -> str:
    """Which way of asking a request uses."""
    if body.get("tools"):
        return "tool"
    return str(body.get("response_format", {}).get("type", "plain"))


def shape_of(body: dict[str, Any]) -> str:
    """The name of the shape that is asked for, in whatever way."""
    if body.get("tools"):
        name = body["tools"][0]["function"]["name"]
    elif body.get("response_format", {}).get("type") == "json_schema":
        name = body["response_format"]["json_schema"]["name"]
    else:
        name = _told_shape(str(body["messages"][0]["content"]))
    return str(name).removeprefix("report_")


def _told_shape(system: str) -> str:
    members = {
        "wishes": "understood",
        "verdict": "answered",
        "summary": "summed",
        "visible_text": "pictured",
        "findings": "findings",
    }
    schema = system.rpartition("\n")[2]
    found = next((name for member, name in members.items() if f'"{member}"' in schema), "")
    return found or ("probed" if '"ready"' in schema else "filled" if '"fields"' in schema else "")


def answer(said: Say, *, stream: bool, model: str) -> Response:
    """A scripted answer as HTTP."""
    if said.raw is not None:
        return Response(said.raw, said.status, media_type="text/html", headers=said.headers)
    if said.status != 200:
        return JSONResponse({"error": said.error}, said.status, headers=said.headers)
    if stream:
        return StreamingResponse(_stream(said, model), media_type="text/event-stream")
    body = json.dumps(_completion(said, model))
    if said.cut_after is not None:
        cut = Response(body[: said.cut_after].encode(), media_type="application/json")
        cut.headers["content-length"] = str(len(body))
        return cut
    return Response(body, media_type="application/json", headers=said.headers)


def _completion(said: Say, model: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None if said.tool else said.content}
    if said.tool:
        function = {"name": said.tool, "arguments": said.content}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    if said.refusal:
        message |= {"content": None, "refusal": said.refusal}
    choices = [{"index": 0, "message": message, "finish_reason": said.finish}]
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
        "choices": None if said.null_choices else choices, "usage": _usage(said),
    }  # fmt: skip


def _usage(said: Say) -> dict[str, Any]:
    into, out, cached = said.usage
    return {
        "prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out,
        "prompt_tokens_details": {"cached_tokens": cached},
    }  # fmt: skip


async def _stream(said: Say, model: str) -> AsyncIterator[str]:
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}
    text = said.content or ""
    if said.null_choices:
        yield _event({**base, "choices": None})
        return
    step = PIECE if len(text) < 10_000 else 1_000
    yield _event({**base, "choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]})
    for start in range(0, len(text), step):
        if said.cut_after is not None and start >= said.cut_after:
            return
        piece = text[start : start + step]
        delta: dict[str, Any] = {}
        if said.tool:
            function = {"arguments": piece} | ({"name": said.tool} if start == 0 else {})
            call = {"index": 0, "function": function} | ({"id": "call_1", "type": "function"} if start == 0 else {})
            delta["tool_calls"] = [call]
        else:
            delta["content"] = piece
        yield _event({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
        if said.garbage:
            yield "data: {this is no JSON\n\n"
    if said.refusal:
        yield _event({**base, "choices": [{"index": 0, "delta": {"refusal": said.refusal}, "finish_reason": None}]})
    yield _event({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": said.finish}]})
    yield _event({**base, "choices": [], "usage": _usage(said)})
    yield "data: [DONE]\n\n"


def _event(chunk: dict[str, Any]) -> str:
    return f"data: {json.dumps(chunk)}\n\n"


def vector_of(text: str, dimension: int = DIMENSION) -> list[float]:
    """A vector by letters alone: alike texts have alike vectors, and the same text always the same."""
    counts = [0.01] * dimension
    for first, second in zip(text.casefold(), text.casefold()[1:], strict=False):
        counts[(ord(first) * 31 + ord(second)) % dimension] += 1.0
    return counts


def packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


@asynccontextmanager
async def serving(provider: Provider, port: int) -> AsyncIterator[Provider]:
    """Listen on loopback for as long as the block lasts."""
    config = uvicorn.Config(provider.app(), port=port, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    provider.url = f"http://127.0.0.1:{port}/v1"
    try:
        yield provider
    finally:
        server.should_exit = True
        await task
