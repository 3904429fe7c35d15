"""What was understood, by an engine or from a sign of the hand, leads on."""

from graph.state import State, Turn, Update


async def follow_wish(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Lead on by the wish and by what is open."""
    return {}
