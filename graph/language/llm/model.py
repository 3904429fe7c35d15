"""One model behind an OpenAI-compatible endpoint, asked through langchain-openai."""

import asyncio
import json
import logging
import re
from dataclasses import replace
from typing import Any

import openai
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from graph.language.llm.asking import Completion, Question, parsed
from graph.language.llm.endpoint import Endpoint
from graph.language.llm.errors import DeclinedError, MalformedError, ModelError, RejectedError, UnavailableError
from graph.language.llm.ladder import RUNGS, WITHOUT_TOOLS, Manner, Rung, arguments, messages
from graph.language.llm.schema import name_of
from graph.language.llm.shapes import Probed
from graph.language.llm.trouble import NotTakenError, translated

log = logging.getLogger(__name__)

CHECK_SECONDS = 20.0  # at the start nobody waits for it
LONGEST = 64_000  # characters of an answer that are looked at; no answer of ours is a tenth of it
THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)  # what local models think aloud before they answer
PROBE = Question(
    purpose="probe",
    prompt="probe",
    system="You take part in a technical check.",
    user='Report `ready` as true and `word` as "recado".',
    shape=Probed,
    most_tokens=400,
    identity="probe",
)


class ChatModel:
    """`Asker` over HTTP. The first question waits for a probe that finds out how this endpoint can be asked."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._manners: dict[bool, Manner] = {}  # by whether a tool may be used
        self._probing = asyncio.Lock()
        self._http = openai.DefaultAsyncHttpxClient(follow_redirects=False)
        self._client = ChatOpenAI(
            base_url=endpoint.base_url,
            model=endpoint.model,
            api_key=endpoint.api_key if endpoint.api_key.get_secret_value() else SecretStr("none"),
            max_retries=0,
            streaming=endpoint.stream,
            stream_usage=endpoint.stream,
            use_responses_api=False,
            http_async_client=self._http,
        )

    @property
    def model(self) -> str:
        """The model's name."""
        return self._endpoint.model

    @property
    def provider(self) -> str:
        """The host that answers."""
        return self._endpoint.host

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def ask(self, question: Question, *, seconds: float) -> Completion:
        """Ask once; raises `ModelError`s."""
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(question, await self.manner(by_tool=question.by_tool))
        except TimeoutError:
            raise UnavailableError("too_slow") from None

    async def check(self) -> None:
        """Find out how it can be asked, now; raises `ModelError`s."""
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                for by_tool in (True, False):
                    await self.manner(by_tool=by_tool)
        except TimeoutError:
            raise UnavailableError("too_slow") from None

    async def manner(self, *, by_tool: bool) -> Manner:
        """How this endpoint can be asked; the first time it is probed."""
        async with self._probing:
            if by_tool not in self._manners:
                self._manners[by_tool] = await self._probe(RUNGS if by_tool else WITHOUT_TOOLS)
                log.info("%s at %s is asked by %s", self.model, self.provider, self._manners[by_tool].rung)
            return self._manners[by_tool]

    async def _probe(self, rungs: tuple[Rung, ...]) -> Manner:
        known = next(iter(self._manners.values()), Manner())
        if known.rung in rungs and self._manners:
            return known
        refusal: ModelError = UnavailableError("not_an_answer")
        for rung in rungs:
            manner = replace(known, rung=rung)
            for _ in range(3):  # a temperature and a limit may be refused, each once
                try:
                    parsed(Probed, (await self._ask(PROBE, manner)).text)
                except NotTakenError as error:
                    refusal, milder = error, manner.without(error.about)
                    if milder == manner:
                        break
                    known = manner = milder
                except (MalformedError, DeclinedError):
                    refusal = UnavailableError("not_an_answer", "it does not keep to JSON")
                    break
                else:
                    return manner
        if isinstance(refusal, NotTakenError) and refusal.reason == "bad_request":
            raise RejectedError("no_such_model", str(refusal.status))
        raise refusal

    async def _ask(self, question: Question, manner: Manner) -> Completion:
        told, options = messages(question, manner.rung), arguments(question, manner, self._endpoint.extra)
        try:
            said = await (
                self._in_pieces(told, options) if self._endpoint.stream else self._client.ainvoke(told, **options)
            )
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever a client makes of what a server sends: the turn goes on
            raise translated(error) from None
        return self._read(said, question)

    async def _in_pieces(self, told: list[dict[str, Any]], options: dict[str, Any]) -> AIMessage:
        """The pieces of a stream as one message; one without an end is left."""
        pieces: list[AIMessageChunk] = []
        letters = 0
        async for piece in self._client.astream(told, **options):
            pieces.append(piece)
            letters += len(piece.text)
            if letters > LONGEST:
                raise DeclinedError("endless")
        return add_ai_message_chunks(*pieces)

    def _read(self, said: AIMessage, question: Question) -> Completion:
        """The answer's JSON; raises for what is none."""
        finish = said.response_metadata.get("finish_reason")
        if said.additional_kwargs.get("refusal"):
            raise DeclinedError("refused")
        if finish == "content_filter":
            raise DeclinedError("filtered")
        text = _arguments_of(said, name_of(question.shape)) or THOUGHT.sub("", said.text)
        if finish == "length" or (self._endpoint.stream and not finish):
            raise MalformedError("cut_short", said=text[:LONGEST])
        if len(text) > LONGEST:
            raise DeclinedError("endless")
        if not text.strip():
            raise MalformedError("empty")
        used = said.usage_metadata
        return Completion(
            text=unfenced(text),
            model=self.model,
            tokens_in=used["input_tokens"] if used else 0,
            tokens_out=used["output_tokens"] if used else 0,
            tokens_cached=(used.get("input_token_details") or {}).get("cache_read", 0) if used else 0,
        )


def _arguments_of(said: AIMessage, name: str) -> str:
    """The arguments of our own tool, whole or not; calls of any other tool are nothing."""
    whole = (json.dumps(call["args"], ensure_ascii=False) for call in said.tool_calls if call["name"] == name)
    broken = (call["args"] or "" for call in said.invalid_tool_calls if call["name"] == name)
    return next(iter((*whole, *broken)), "")


def unfenced(text: str) -> str:
    """The JSON object in a text, without the fence or the words that some models put around it."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text.strip()
