"""They say it is about something else: go on with the same words in that category."""

from graph.forms import DESCRIPTION, field_of, fits
from graph.matters import leaves
from graph.state import State, Turn, Update, who


async def move_request(state: State, runtime: Turn) -> Update:
    """Keep words, files and the values of fields that both categories have; the rest is asked anew."""
    draft, wish = state["draft"], state.get("wish")
    allowed = leaves(await runtime.context.desk.catalogue(), who(state, runtime))
    wanted = wish.categories[0].id if wish and wish.categories else ""
    category = next((c for c in allowed if c.id == wanted), None)
    if category is None:
        return {}
    kept = {i: v for i, v in draft["values"].items() if (field := field_of(category, i)) and fits(field, v)}
    moved = {
        "category": category.id,
        "description": f"{draft['description']}\n{state['said']}".strip()[:DESCRIPTION],
        "values": kept,
        "evidence": {i: e for i, e in draft["evidence"].items() if i in kept},
        "asked": [],
        "fresh": True,
    }
    return {"draft": {**draft, **moved}, "phase": "field", "slots": {}, "said": ""}
