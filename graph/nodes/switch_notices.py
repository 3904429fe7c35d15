"""No more notices of a changed status, or again: what agents write always comes."""

from graph.notices import wants_notices
from graph.state import State, Turn, Update
from tools.effects import SwitchNotices


async def switch_notices(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Ask for it as an effect."""
    return {"effects": (SwitchNotices(wanted=wants_notices(state.get("said", "")) is True),)}
