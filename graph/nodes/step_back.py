"""Go back to the field asked before."""

from graph.speech import tell
from graph.state import State, Turn, Update, phase_of


async def step_back(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Forget its value so that it is asked again; at the first one there is nothing before it."""
    draft = state["draft"]
    here = state.get("slots", {}).get("field", "") if phase_of(state) == "field" else ""
    before = [i for i in draft["asked"] if i != here]
    if not before:
        return tell(state, "first_field")
    field = before[-1]
    values = {i: v for i, v in draft["values"].items() if i != field}
    return {
        "draft": {**draft, "values": values, "asked": before[:-1] or [field]},
        "slots": {"field": field},
        "phase": "field",
    }
