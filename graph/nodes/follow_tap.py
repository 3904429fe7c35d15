"""A tap is not read by any engine: its id and the open question say where it leads."""

from graph.state import State, Turn, Update


async def follow_tap(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Lead on by the tap."""
    return {}
