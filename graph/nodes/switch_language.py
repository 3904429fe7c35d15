"""They asked for another language: say yes in it."""

from graph.speech import tell
from graph.state import State, Turn, Update


async def switch_language(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """The engine has changed the language already; what was open stays open."""
    return tell(state, "language_switched")
