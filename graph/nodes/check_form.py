"""See what the form still needs before it can be shown whole."""

from graph.forms import missing
from graph.speech import settle, tell
from graph.state import State, Turn, Update


async def check_form(state: State, runtime: Turn) -> Update:
    """Name the next field: one to be asked again, else the first missing; a category that is gone ends the form."""
    draft, tap = state["draft"], state.get("tap")
    category = next((c for c in await runtime.context.desk.catalogue() if c.id == draft["category"]), None)
    if category is None:
        return {"draft": {}, "next_field": "gone"} | settle() | tell(state, "category_gone")
    again = str(state.get("slots", {}).get("field", ""))
    turning = tap is not None and tap.verb == "page"
    known = any(field.id == again for field in category.fields)
    if known and (turning or again not in draft["values"]):
        return {"next_field": again}
    return {"next_field": next((field.id for field in missing(category, draft["values"])), "")}
