"""Take the new description of the request."""

from graph.forms import DESCRIPTION
from graph.state import State, Turn, Update


async def rewrite_description(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Replace it; title and values stay as they are."""
    return {"draft": {**state["draft"], "description": state["said"][:DESCRIPTION]}, "slots": {}}
