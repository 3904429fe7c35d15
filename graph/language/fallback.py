"""The engine of a turn: a model where one is to be had, another where the first fails, and always the embedded one.

Whatever a provider does ends here, in one place: the turn goes on with the embedded engine, and all that an employee
notices is simpler words.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from graph.language.llm.errors import MalformedError, ModelError, RejectedError, UnavailableError
from graph.language.port import Answer, FieldValue, Hearing, LanguageEngine, Line, Understanding
from retrieval.passage import Language, Passage
from tools.breaker import Breaker
from tools.service_desk import Field

log = logging.getLogger(__name__)
T = TypeVar("T")
Thinking = Callable[[LanguageEngine], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model's engine for this turn, and the breaker that all turns share."""

    engine: LanguageEngine
    breaker: Breaker
    name: str


class FallbackEngine:
    """`LanguageEngine` for one turn. A candidate that fails is not asked again in it."""

    name = "fallback"

    def __init__(self, candidates: Sequence[Candidate], backup: LanguageEngine) -> None:
        self._candidates, self._backup = list(candidates), backup
        self._verified = False

    async def understand(self, hearing: Hearing) -> Understanding:
        """Say what is wanted. Somebody not verified costs no call, and nothing of theirs leaves the house."""
        self._verified = hearing.employee is not None
        return await self._first(lambda engine: engine.understand(hearing))

    async def fill(self, fields: Sequence[Field], hearing: Hearing) -> tuple[FieldValue, ...]:
        """Fill what the words say."""
        self._verified = hearing.employee is not None
        return await self._first(lambda engine: engine.fill(fields, hearing))

    async def answer(self, question: str, passages: Sequence[Passage], language: Language) -> Answer:
        """Answer from the passages only; the graph asks for verified employees alone."""
        return await self._first(lambda engine: engine.answer(question, passages, language), verified=True)

    async def summarise(self, lines: Sequence[Line], language: Language, *, limit: int) -> str:
        """Say what the employee needs."""
        return await self._first(lambda engine: engine.summarise(lines, language, limit=limit))

    async def _first(self, think: Thinking[T], *, verified: bool = False) -> T:
        """The first candidate's thought that is one, or the embedded engine's."""
        for candidate in self._candidates[:] if verified or self._verified else ():
            if not candidate.breaker.lets_through():
                continue
            try:
                thought = await think(candidate.engine)
            except ModelError as error:
                self._candidates.remove(candidate)
                _judge(candidate, error)
            else:
                candidate.breaker.worked()
                return thought
        return await think(self._backup)


def _judge(candidate: Candidate, error: ModelError) -> None:
    """Only what speaks against the provider counts against it: not a refusal, not a budget of ours."""
    log.warning("%s: %s; the embedded engine goes on", candidate.name, error)
    match error:
        case RejectedError():
            candidate.breaker.failed(error.reason, for_long=True)
        case UnavailableError() | MalformedError():
            candidate.breaker.failed(error.reason)
        case _:
            pass
