"""Me too: they want to hear when the trouble is over."""

from graph.speech import settle
from graph.state import State, Turn, Update
from tools.effects import JoinOutage


async def join_outage(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Join them to the outage; there is no request of their own."""
    joined = JoinOutage(outage_id=str(state["slots"]["outage"]))
    return {"effects": (joined,), "matter": {}} | settle()
