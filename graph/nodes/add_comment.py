"""Add the proposed comment to the request they tapped or named."""

from graph.speech import settle
from graph.state import State, Turn, Update
from tools.effects import CommentRequest


async def add_comment(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Ask for it as an effect with the words it was proposed with."""
    slots, tap, wish = state["slots"], state.get("tap"), state.get("wish")
    named = wish.number if wish and not tap else ""
    number = tap.arg if tap and tap.verb == "add" else named or str(slots["number"])
    comment = CommentRequest(number=number, text=str(slots["text"]), attachments=tuple(slots["files"]))
    return {"effects": (comment,)} | settle()
