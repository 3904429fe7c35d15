"""Hand the conversation to a person, with a note of what it is about."""

from graph.asked import unhelped
from graph.language.port import Line
from graph.speech import settle
from graph.state import State, Turn, Update, language_of, phase_of, who
from tools.effects import HandOff

NOTE = 600  # characters


async def hand_off(state: State, runtime: Turn) -> Update:
    """Summarise for the agent; from now on the bot is silent here."""
    said = [Line(by="employee", text=text) for text in (state.get("pending", ""), state.get("said", "")) if text]
    lines = [*runtime.context.recent, *said]
    note = await runtime.context.engine.summarise(lines, language_of(state), limit=NOTE) if lines else ""
    locked = phase_of(state) == "locked" or (who(state, runtime) is None and phase_of(state) == "code")
    effect = HandOff(reason="codes_failed" if locked else "asked", summary=note[:NOTE])
    kept: Update = {"calls": state.get("calls", 0) + 1, "draft": {}, "later": []}
    return kept | settle() | {"effects": (*unhelped(state, runtime), effect)}
