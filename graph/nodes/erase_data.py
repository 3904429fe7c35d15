"""Open the data request they have a right to."""

from graph.state import State, Turn, Update
from tools.effects import DataRequest


async def erase_data(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Ask for it as an effect; a person of the privacy team takes it from there."""
    return {"effects": (DataRequest(wish="erase"),)}
