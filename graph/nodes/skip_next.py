"""They do not want the second thing any more."""

from graph.speech import settle, tell
from graph.state import State, Turn, Update


async def skip_next(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Let it go."""
    return {"later": state.get("later", [])[1:]} | settle() | tell(state, "fine")
