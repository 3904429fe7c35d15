"""Close a request they need no more."""

from graph.speech import settle
from graph.state import State, Turn, Update
from tools.effects import CloseRequest


async def close_request(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Ask for it as an effect."""
    return {"effects": (CloseRequest(number=str(state["slots"]["number"])),)} | settle()
