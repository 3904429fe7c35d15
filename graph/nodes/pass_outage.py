"""It is something else than the known trouble: go on with what they came with."""

from graph.matters import QUESTION, wish_of
from graph.speech import settle
from graph.state import State, Turn, Update


async def pass_outage(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Take the matter up again, unless they ask something else instead."""
    slots, now = state.get("slots", {}), state.get("wish")
    if now and now.intent == "ask" and QUESTION.search(state.get("said", "")):
        return settle()
    matter = {"query": "", "categories": [], **state.get("matter", {})}
    wish = wish_of(matter | {"intent": slots.get("intent", "request")})
    return {"wish": wish} | settle()
