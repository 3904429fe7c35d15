"""Acknowledge anger calmly before anything else."""

from graph.speech import tell
from graph.state import State, Turn, Update


async def calm(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """One sentence, and the way to a person."""
    return tell(state, "calm") | {"angry": False}
