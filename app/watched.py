"""Nodes, language engine and knowledge base with a clock beside them: spans, counts and times of what a turn does."""

from collections.abc import Awaitable, Sequence
from functools import wraps
from time import perf_counter
from typing import TypeVar, cast

from app.metrics import ENGINE_CALLS, ENGINE_SECONDS, RETRIEVAL_SECONDS, RETRIEVALS
from app.tracing import TRACES
from graph.build import Node
from graph.context import Knowledge
from graph.language.port import Answer, FieldValue, Hearing, LanguageEngine, Line, Understanding
from graph.state import State, Turn, Update
from retrieval.passage import Language, Passage, Retrieval
from tools.service_desk import Field

T = TypeVar("T")


def in_a_span(node: Node) -> Node:
    """The same node, a span around each run of it."""

    @wraps(node)
    async def watched(state: State, *, runtime: Turn) -> Update:
        with TRACES.span(f"node {node.__name__}"):
            return await node(state, runtime=runtime)

    return cast("Node", watched)


class WatchedEngine:
    """A `LanguageEngine` around another one; give it each engine that may fail by itself, not their fallback."""

    def __init__(self, engine: LanguageEngine) -> None:
        self._engine = engine
        self.name = engine.name

    async def understand(self, hearing: Hearing) -> Understanding:
        """What the engine understands."""
        return await self._watched("understand", self._engine.understand(hearing))

    async def fill(self, fields: Sequence[Field], hearing: Hearing) -> tuple[FieldValue, ...]:
        """What the engine fills."""
        return await self._watched("fill", self._engine.fill(fields, hearing))

    async def answer(self, question: str, passages: Sequence[Passage], language: Language) -> Answer:
        """What the engine answers."""
        return await self._watched("answer", self._engine.answer(question, passages, language))

    async def summarise(self, lines: Sequence[Line], language: Language, *, limit: int) -> str:
        """What the engine says in short."""
        return await self._watched("summarise", self._engine.summarise(lines, language, limit=limit))

    async def _watched(self, call: str, asked: Awaitable[T]) -> T:
        started, outcome = perf_counter(), "failed"
        try:
            with TRACES.span(f"engine {call}", engine=self.name):
                given = await asked
            outcome = "done"
            return given
        finally:
            ENGINE_CALLS.labels(self.name, call, outcome).inc()
            ENGINE_SECONDS.labels(self.name, call).observe(perf_counter() - started)


class WatchedKnowledge:
    """The knowledge base a turn sees; searches are counted by what came of them."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def search(
        self, question: str, language: Language, *, groups: tuple[str, ...] = (), limit: int = 5
    ) -> Retrieval:
        """What is found."""
        started = perf_counter()
        with TRACES.span("search", language=language):
            found = await self._knowledge.search(question, language, groups=groups, limit=limit)
        RETRIEVALS.labels(found.band).inc()
        RETRIEVAL_SECONDS.observe(perf_counter() - started)
        return found

    async def article(self, article_id: str, language: Language, *, groups: tuple[str, ...] = ()) -> Retrieval:
        """One article, as it is."""
        with TRACES.span("open article", article=article_id):
            return await self._knowledge.article(article_id, language, groups=groups)
