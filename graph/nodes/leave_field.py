"""Go on without a field that is not required."""

from graph.state import State, Turn, Update


async def leave_field(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Nothing of it is asked any more."""
    return {"slots": {}}
