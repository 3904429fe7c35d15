"""Add their words and files to the request they chose."""

from graph.speech import settle
from graph.state import State, Turn, Update
from tools.effects import CommentRequest


async def write_comment(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Ask for it as an effect; a proposed comment keeps the words it was proposed with."""
    slots = state.get("slots", {})
    comment = CommentRequest(
        number=str(slots["number"]),
        text=str(slots.get("text") or state.get("said", ""))[:4_000],
        attachments=tuple(slots.get("files") or state.get("files", ())),
    )
    return {"effects": (comment,)} | settle()
