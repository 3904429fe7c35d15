"""Take out the value they want to change, so that it is asked again."""

from graph.state import State, Turn, Update


async def change_field(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Make the tapped field the one to be asked."""
    tap, draft = state.get("tap"), state["draft"]
    field = tap.arg if tap else ""
    values = {i: v for i, v in draft["values"].items() if i != field}
    asked = draft["asked"] if field in draft["asked"] else [*draft["asked"], field]
    changed = {**draft, "values": values, "asked": asked, "told": list(values)}
    return {"draft": changed, "slots": {"field": field}, "phase": "field"}
