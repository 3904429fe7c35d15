"""See whether they already have an open request about the same thing."""

from rapidfuzz import fuzz

from graph.choices import Option, cut
from graph.speech import question, words
from graph.state import State, Turn, Update, who

ALIKE, ALIKE_IN_CATEGORY = 80, 55  # rapidfuzz token_set_ratio, 0 to 100
ENDED = frozenset({"solved", "closed", "cancelled"})


async def find_similar(state: State, runtime: Turn) -> Update:
    """Offer to comment on it; the draft waits."""
    employee, draft = who(state, runtime), state["draft"]
    if employee is None:
        return {}
    for request in await runtime.context.desk.requests_of(employee.id):
        needed = ALIKE_IN_CATEGORY if request.category_id == draft["category"] else ALIKE
        alike = max(
            fuzz.token_set_ratio(request.title.casefold(), draft[part].casefold()) for part in ("title", "description")
        )
        if request.status in ENDED or alike < needed:
            continue
        options = [
            Option("join", request.number, words(state, "button_join")),
            Option("open", "", words(state, "button_open_new")),
            Option("cancel", "", words(state, "button_cancel")),
        ]
        body = words(state, "similar", number=request.number, title=cut(request.title, 200))
        return question(state, runtime, "similar", body, options, slots={"number": request.number})
    return {}
