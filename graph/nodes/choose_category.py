"""Take the category they tapped."""

from graph.matters import leaves
from graph.nodes.start_request import new_draft
from graph.speech import settle, tell
from graph.state import State, Turn, Update, who


async def choose_category(state: State, runtime: Turn) -> Update:
    """Open the draft in it; one that is gone from the catalogue is said so."""
    tap = state.get("tap")
    allowed = leaves(await runtime.context.desk.catalogue(), who(state, runtime))
    category = next((c for c in allowed if tap and c.id == tap.arg), None)
    matter = state.get("matter", {})
    if category is None or not matter.get("words"):
        return settle() | tell(state, "category_gone")
    return {"draft": new_draft(category, matter), "phase": "field", "slots": {}}
