"""Reopen the request they wrote about, with what they wrote."""

from graph.speech import settle, tell
from graph.state import State, Turn, Update, who
from tools.effects import CommentRequest, ReopenRequest


async def revive_request(state: State, runtime: Turn) -> Update:
    """The words come along as the reason, files right after; only when the desk would still do it."""
    slots, employee = state.get("slots", {}), who(state, runtime)
    number = str(slots.get("number", ""))
    request = await runtime.context.desk.request(employee.id, number) if employee else None
    if request is None or not request.can_reopen:
        return settle() | tell(state, "too_late_to_reopen", number=number)
    files = tuple(slots.get("files", ()))
    added = (CommentRequest(number=number, text="", attachments=files),) if files else ()
    reopened = ReopenRequest(number=number, reason=str(slots.get("text", "")))
    return settle() | {"effects": (reopened, *added)}
