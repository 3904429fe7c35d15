"""It is something else than the known trouble: go on with what they came with."""

from graph.matters import wish_of
from graph.speech import settle
from graph.state import State, Turn, Update


async def pass_outage(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Remember that this outage was declined and take the matter up again."""
    slots = state.get("slots", {})
    matter = {"query": "", "categories": [], **state.get("matter", {})}
    wish = wish_of(matter | {"intent": slots.get("intent", "request")})
    declined = [*state.get("outages", []), str(slots.get("outage", ""))][-5:]
    return {"outages": declined, "wish": wish} | settle()
