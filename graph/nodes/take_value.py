"""Take the value they tapped."""

from graph.forms import field_of, value_of_tap
from graph.state import State, Turn, Update


async def take_value(state: State, runtime: Turn) -> Update:
    """Put it into the asked field, with the title they saw as evidence."""
    draft, tap = state["draft"], state.get("tap")
    category = next((c for c in await runtime.context.desk.catalogue() if c.id == draft["category"]), None)
    if category is None:
        return {}
    field = field_of(category, state.get("slots", {}).get("field", ""))
    value = value_of_tap(field, tap.arg) if field and tap else None
    if field is None or value is None:
        return {"unfilled": True}
    said = next((m.text for m in state["burst"] if m.kind == "tap" and m.text), str(value))
    values, evidence = draft["values"] | {field.id: value}, draft["evidence"] | {field.id: said}
    return {"draft": {**draft, "values": values, "evidence": evidence}}
