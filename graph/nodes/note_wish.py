"""Note another wish that came in the middle of a form."""

from graph.matters import matter_of
from graph.speech import tell
from graph.state import State, Turn, Update

KEPT = 3


async def note_wish(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """It is taken up when the form is done."""
    wish = state.get("wish")
    if wish is None:
        return {}
    noted = {"intent": wish.intent, "number": wish.number, **matter_of(wish, state["said"], state.get("files", ()))}
    return {"later": [*state.get("later", []), noted][:KEPT], "files": ()} | tell(state, "noted")
