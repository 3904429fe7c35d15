"""Hand the conversation to a person, with a note of what it is about."""

from typing import Literal

from graph.asked import unhelped
from graph.language.port import Line
from graph.speech import settle, words
from graph.state import State, Turn, Update, language_of, phase_of
from tools.effects import HandOff

NOTE = 600  # characters
SEVERAL = 2  # wrong codes in a row after which they are the reason
FAILED = ("refused", "unavailable")  # what is said when the desk did not do it


async def hand_off(state: State, runtime: Turn) -> Update:
    """Summarise for the agent; from now on the bot is silent here."""
    said = [Line(by="employee", text=text) for text in (state.get("pending", ""), state.get("said", "")) if text]
    lines = [*runtime.context.recent, *said]
    note = await runtime.context.engine.summarise(lines, language_of(state), limit=NOTE) if lines else ""
    effect = HandOff(reason=_reason(state, runtime), summary=note[:NOTE])
    kept: Update = {"calls": state.get("calls", 0) + 1, "draft": {}, "later": []}
    return kept | settle() | {"effects": (*unhelped(state, runtime), effect)}


def _reason(state: State, runtime: Turn) -> Literal["asked", "no_article", "tool_failed", "policy", "codes_failed"]:
    """Say what brought them here: how the last thing went, and only if it went well that they asked."""
    slots = state.get("slots", {})
    if phase_of(state) == "locked" or int(slots.get("wrong", 0)) >= SEVERAL:
        return "codes_failed"
    said = next((line.text for line in reversed(runtime.context.recent) if line.by == "bot"), "")
    if said in {words(state, key) for key in FAILED}:
        return "tool_failed"
    if phase_of(state) == "proposing":
        return "no_article"
    return "policy" if slots.get("stuck") == "needed" else "asked"
