"""Put what they wrote on the request they already have."""

from graph.speech import settle
from graph.state import State, Turn, Update
from tools.effects import CommentRequest


async def join_similar(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Make the draft's words and files a comment; the draft is done with."""
    draft = state["draft"]
    comment = CommentRequest(
        number=str(state["slots"]["number"]), text=draft["description"], attachments=tuple(draft["files"])
    )
    return {"effects": (comment,), "draft": {}, "matter": {}} | settle()
