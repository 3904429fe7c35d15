"""Ask how well it went."""

from graph.choices import Option
from graph.speech import question, tell, words
from graph.state import State, Turn, Update, form_open, who


async def ask_rating(state: State, runtime: Turn) -> Update:
    """Offer five stars for a request of their own."""
    employee, tap = who(state, runtime), state.get("tap")
    request = await runtime.context.desk.request(employee.id, tap.arg) if employee and tap else None
    if request is None:
        return tell(state, "not_found", number=tap.arg[:20] if tap else "")
    if form_open(state):
        return tell(state, "form_first")
    options = [Option("rate", f"{request.number}:{n}", "⭐" * n, words(state, f"stars_{n}")) for n in (5, 4, 3, 2, 1)]
    return question(
        state,
        runtime,
        "rating",
        words(state, "ask_rating", number=request.number),
        options,
        slots={"number": request.number},
    )
