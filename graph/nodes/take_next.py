"""Take up the next of their wishes."""

from graph.matters import wish_of
from graph.speech import settle
from graph.state import State, Turn, Update


async def take_next(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Make it this turn's wish and matter."""
    kept, *rest = state["later"]
    matter = {part: kept[part] for part in ("words", "query", "categories", "files")}
    return {"later": rest, "wish": wish_of(kept), "matter": matter, "said": kept["words"]} | settle()
