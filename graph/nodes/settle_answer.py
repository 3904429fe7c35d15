"""Be glad that an answer helped, and note it."""

from graph.asked import helped
from graph.speech import settle, tell
from graph.state import State, Turn, Update


async def settle_answer(state: State, runtime: Turn) -> Update:
    """Close the matter with the outcome the knowledge manager will see."""
    return {"effects": helped(state, runtime), "matter": {}} | settle() | tell(state, "glad")
