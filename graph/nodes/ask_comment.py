"""Ask what to add to a request."""

from graph.speech import question, tell, words
from graph.state import State, Turn, Update, form_open, who


async def ask_comment(state: State, runtime: Turn) -> Update:
    """What they write or send next joins it; only a request of their own."""
    employee, tap = who(state, runtime), state.get("tap")
    number = tap.arg if tap else str(state.get("slots", {}).get("number", ""))
    request = await runtime.context.desk.request(employee.id, number) if employee else None
    if request is None:
        return tell(state, "not_found", number=number[:20])
    if form_open(state):
        return tell(state, "form_first")
    return question(
        state,
        runtime,
        "commenting",
        words(state, "ask_comment", number=request.number),
        slots={"number": request.number},
    )
