"""Take the words that say why a rating was low."""

from graph.speech import settle, tell
from graph.state import State, Turn, Update
from tools.effects import RateRequest


async def explain_rating(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """The rating stands as it was given; the words go with it, unless they would rather say nothing."""
    slots, wish = state["slots"], state.get("wish")
    if state.get("tap") or (wish and wish.intent in ("no", "cancel", "thanks")):
        return settle() | tell(state, "fine")
    rated = RateRequest(number=str(slots["number"]), stars=int(slots["stars"]), comment=state.get("said", "")[:2_000])
    return settle() | {"effects": (rated,)}
