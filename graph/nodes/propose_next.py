"""Come back to the second thing they wanted."""

from graph.choices import Option, cut
from graph.speech import question, words
from graph.state import State, Turn, Update


async def propose_next(state: State, runtime: Turn) -> Update:
    """Name it and ask whether to look at it now."""
    kept = state["later"][0]
    options = [Option("yes", "", words(state, "button_yes_now")), Option("no", "", words(state, "button_no"))]
    body = words(state, "next", words=cut(kept["words"], 200))
    return question(state, runtime, "next", body, options)
