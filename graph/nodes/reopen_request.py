"""Reopen a request that was not solved after all."""

from graph.speech import settle, tell
from graph.state import State, Turn, Update, form_open, who
from tools.effects import ReopenRequest


async def reopen_request(state: State, runtime: Turn) -> Update:
    """Ask for it as an effect when the desk would still do it."""
    employee, tap = who(state, runtime), state.get("tap")
    request = await runtime.context.desk.request(employee.id, tap.arg) if employee and tap else None
    if request is None:
        return tell(state, "not_found", number=tap.arg[:20] if tap else "")
    if not request.can_reopen:
        return tell(state, "too_late_to_reopen", number=request.number)
    effects: Update = {"effects": (ReopenRequest(number=request.number),)}
    return effects if form_open(state) else effects | settle()
