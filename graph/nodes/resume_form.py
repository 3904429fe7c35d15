"""Come back to the request after an interruption."""

from graph.forms import FILES
from graph.state import State, Turn, Update


async def resume_form(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Mark the next question as a return; files that came meanwhile join the draft."""
    draft = state["draft"]
    files = list(dict.fromkeys([*draft["files"], *state.get("files", ())]))[:FILES]
    return {"resumed": True, "draft": {**draft, "files": files}}
