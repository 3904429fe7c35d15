"""Open the article they chose from the list."""

from graph.state import State, Turn, Update, language_of, who


async def open_article(state: State, runtime: Turn) -> Update:
    """Take its passages for the answer; it may be gone by now."""
    tap, employee = state.get("tap"), who(state, runtime)
    chosen = tap.arg if tap and tap.verb == "read" else str(state.get("slots", {}).get("article", ""))
    found = await runtime.context.knowledge.article(
        chosen, language_of(state), groups=employee.groups if employee else ()
    )
    return {"retrieval": found}
