"""One turn of a conversation: a checkpoint and a burst of messages in, replies and effects and a checkpoint out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import cast

from graph.build import Node, build
from graph.checkpoint import TurnSaver
from graph.context import Context
from graph.language.ledger import ModelCall
from graph.messages import Incoming, Reply
from graph.state import State
from prompts.texts import load
from retrieval.passage import Language
from tools.effects import Effect, EndSession, HandOff

OUTCOME = ("replies", "effects", "intents", "engine", "language", "employee")
STEPS = 40  # super-steps of one turn; the longest way through the graph has fewer than twenty


@dataclass(frozen=True, slots=True)
class Thought:
    """What one turn came to; nothing of it has happened until the app commits it."""

    replies: tuple[Reply, ...]
    effects: tuple[Effect, ...]
    checkpoint: bytes
    language: Language
    intents: tuple[str, ...]
    engine: str
    calls: tuple[ModelCall, ...] = ()


class Agent:
    """The compiled graph; one serves all conversations at once."""

    def __init__(self, *, around: Callable[[Node], Node] | None = None) -> None:
        """Compile the graph and check the texts, so that a broken house fails at start-up.

        Each node is put in as `around` returns it: for whoever wants to watch.
        """
        load()
        self._saver = TurnSaver()
        self._graph = build(self._saver, around)
        self._threads = count()

    async def think(self, checkpoint: bytes | None, burst: Sequence[Incoming], context: Context) -> Thought:
        """Think a burst through; the same input gives the same thought, whatever happened meanwhile.

        Raises:
            CorruptCheckpointError: for bytes that are not this graph's.
        """
        thread = f"{context.conversation_id}#{next(self._threads)}"
        self._saver.load(thread, checkpoint)
        replies: list[Reply] = []
        effects: list[Effect] = []
        intents: list[str] = []
        engine, language = "", context.company.default_language
        try:
            for part in parts_of(burst):
                end = await self._run(thread, part, context)
                replies += end.get("replies", ())
                effects += end.get("effects", ())
                intents += end.get("intents", ())
                engine, language = end.get("engine", engine), end.get("language", language)
                context = after(context, end)
        finally:
            stored = self._saver.take(thread)
        calls = tuple(context.ledger.calls)
        return Thought(tuple(replies), tuple(effects), stored, language, tuple(intents), engine, calls)

    async def _run(self, thread: str, part: Sequence[Incoming], context: Context) -> State:
        end = await self._graph.ainvoke(
            {"burst": part},
            {"configurable": {"thread_id": thread}, "recursion_limit": STEPS},
            context=context,
            output_keys=OUTCOME,  # LangGraph reads these after every step
            durability="exit",
        )
        return cast("State", end)


def parts_of(burst: Sequence[Incoming]) -> list[list[Incoming]]:
    """Part a burst so that each tap and each reaction is thought alone, and words written together are one."""
    parts: list[list[Incoming]] = []
    for message in burst:
        alone = message.kind in ("tap", "reaction")
        if alone or not parts or parts[-1][0].kind in ("tap", "reaction"):
            parts.append([message])
        else:
            parts[-1].append(message)
    return parts


def after(context: Context, end: State) -> Context:
    """The world in which the next part of the same burst is thought: what this one will change is already so."""
    effects = end.get("effects", ())
    if any(isinstance(effect, EndSession) for effect in effects):
        context = replace(context, principal=None)
    elif end.get("employee"):
        context = replace(context, principal=end["employee"])
    handed_over = context.handed_over or any(isinstance(effect, HandOff) for effect in effects)
    return replace(context, handed_over=handed_over, session_ended="")
