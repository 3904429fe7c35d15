"""Answer a button tapped long after its moment."""

from graph.speech import tell
from graph.state import State, Turn, Update


async def excuse_stale(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Nothing happens; a second tap on a confirmed draft hears that it is already open."""
    tap = state.get("tap")
    if tap and tap.verb == "confirm" and tap.nonce and tap.nonce == state.get("done"):
        return tell(state, "already_confirmed")
    return tell(state, "stale")
