"""Say that only a person can help from here, and offer one."""

from graph.choices import Option
from graph.speech import question, words
from graph.state import State, Turn, Update


async def offer_person(state: State, runtime: Turn) -> Update:
    """Repeat the offer that stands after too many codes."""
    return question(
        state, runtime, "locked", words(state, "code_locked"), [Option("person", "", words(state, "button_person"))]
    )
