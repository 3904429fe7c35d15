"""Drop what was being asked, kindly."""

from graph.speech import settle, tell
from graph.state import State, Turn, Update, phase_of


async def drop_request(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Nothing has been sent, and they hear so."""
    had_draft = bool(state.get("draft")) or phase_of(state) in ("describe", "category", "proposing")
    key = "dropped" if had_draft else "dropped_nothing"
    return {"draft": {}, "matter": {}} | settle() | tell(state, key)
