"""What one conversation remembers between turns, and what one turn passes from node to node."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, TypedDict
from zoneinfo import ZoneInfo

from langgraph.channels.untracked_value import UntrackedValue
from langgraph.runtime import Runtime

from graph.choices import Tap
from graph.context import Context
from graph.language.port import FieldValue, Hearing, Wish
from graph.messages import Incoming, Reply
from retrieval.passage import Language, Passage, Retrieval
from tools.effects import Effect
from tools.service_desk import Category, Employee, Field

Update = dict[str, Any]
Turn = Runtime[Context]

FORM = frozenset({"field", "summary", "correcting"})
IDENTITY = frozenset({"email", "code", "locked"})


class Gathered(UntrackedValue[Any]):
    """A turn-only channel that keeps what every node adds, in order."""

    def update(self, values: Sequence[Any]) -> bool:
        """Append; the same sequence is gathered again when a turn is run again."""
        added = tuple(item for value in values for item in value)
        self.value = (*(self.value if self.is_available() else ()), *added)
        return bool(added)


class State(TypedDict, total=False):
    """The first part is the checkpoint: plain types only. The second lives for one turn and is never stored."""

    phase: str  # what was asked last; unknown = idle
    slots: dict[str, Any]  # what the open question needs
    nonce: str  # of the open question's choices
    matter: dict[str, Any]  # what they came with: words, query, categories, files
    draft: dict[str, Any]  # the request being filled
    later: list[dict[str, Any]]  # wishes to be taken up afterwards
    pending: str  # said before verification, answered after it
    email: str
    language: Language
    language_evidence: str
    turn: int
    noticed: str  # version of the privacy notice they saw
    confused: int  # turns in a row that were not understood
    done: str  # nonce of the last confirmed draft
    outages: list[str]  # told already
    burst: Annotated[Sequence[Incoming], UntrackedValue(tuple)]
    said: Annotated[str, UntrackedValue(str)]
    tap: Annotated[Tap | None, UntrackedValue(object)]
    signal: Annotated[str, UntrackedValue(str)]  # what came that is neither words nor a tap
    files: Annotated[tuple[str, ...], UntrackedValue(tuple)]
    employee: Annotated[Employee | None, UntrackedValue(object)]  # proven in this very turn
    checked: Annotated[str, UntrackedValue(str)]
    wish: Annotated[Wish | None, UntrackedValue(object)]
    angry: Annotated[bool, UntrackedValue(bool)]
    apart: Annotated[bool, UntrackedValue(bool)]  # they said that it belongs to no open request
    calls: Annotated[int, UntrackedValue(int)]  # of the engine, at most two a turn
    engine: Annotated[str, UntrackedValue(str)]
    retrieval: Annotated[Retrieval | None, UntrackedValue(object)]
    outside: Annotated[tuple[Passage, ...], UntrackedValue(tuple)]
    verdict: Annotated[str, UntrackedValue(str)]
    next_field: Annotated[str, UntrackedValue(str)]  # what the form waits for, "" = nothing
    unfilled: Annotated[bool, UntrackedValue(bool)]
    resumed: Annotated[bool, UntrackedValue(bool)]
    heard: Annotated[tuple[FieldValue, ...], UntrackedValue(tuple)]
    intents: Annotated[tuple[str, ...], Gathered(tuple)]
    replies: Annotated[tuple[Reply, ...], Gathered(tuple)]
    effects: Annotated[tuple[Effect, ...], Gathered(tuple)]


def language_of(state: State) -> Language:
    """Name the language the conversation is in."""
    return state.get("language", "pt-BR")


def asked_of(state: State) -> str:
    """Tell what this turn asks: the engine's words for it, or their own."""
    wish = state.get("wish")
    return (wish.query if wish else "") or state.get("said", "")


def phase_of(state: State) -> str:
    """Name what was asked last."""
    return state.get("phase", "idle")


def form_open(state: State) -> bool:
    """Say whether a request is being filled, so that anything else is an interruption."""
    return phase_of(state) in FORM and bool(state.get("draft"))


def who(state: State, runtime: Turn) -> Employee | None:
    """Name the employee: of the verified session, or proven a moment ago."""
    return state.get("employee") or runtime.context.principal


def local_now(state: State, runtime: Turn) -> datetime:
    """Tell the time where the employee is."""
    employee = who(state, runtime)
    return runtime.context.now.astimezone(ZoneInfo(employee.timezone if employee else "America/Sao_Paulo"))


def hearing(
    state: State, runtime: Turn, text: str, *, categories: Sequence[Category] = (), asked: Field | None = None
) -> Hearing:
    """Put together all that an engine may know of this turn."""
    return Hearing(
        text=text,
        language=language_of(state),
        language_evidence=state.get("language_evidence", ""),
        recent=runtime.context.recent,
        categories=tuple(categories),
        employee=who(state, runtime),
        asked=asked,
        form=state["draft"]["category"] if form_open(state) else "",
        now=local_now(state, runtime),
    )
