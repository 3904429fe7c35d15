"""Their words belong to no open request: they are taken up as what they came with."""

from graph.speech import question, settle, words
from graph.state import State, Turn, Update


async def pass_topic(state: State, runtime: Turn) -> Update:
    """Nothing is asked of them twice; a lone file waits for the words that go with it."""
    slots = state.get("slots", {})
    wish, files = slots.get("wish"), list(slots.get("files", ()))
    if not wish:
        return {"matter": {"files": files}} | question(state, runtime, "describe", words(state, "ask_matter"))
    kept = wish if wish["intent"] in ("ask", "request") else {**wish, "intent": "ask"}
    return settle() | {"later": [kept, *state.get("later", [])], "apart": True}
