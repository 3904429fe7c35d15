"""Ask for the description in other words."""

from graph.speech import question, words
from graph.state import State, Turn, Update


async def ask_description(state: State, runtime: Turn) -> Update:
    """What they write next is the description."""
    return question(state, runtime, "rewriting", words(state, "ask_description"))
