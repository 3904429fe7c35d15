"""Add what they say or send to the request that was spoken of last; what else is being asked stays open."""

from graph.state import State, Turn, Update
from tools.effects import CommentRequest

LONGEST = 4_000  # characters of a comment


async def join_topic(state: State, runtime: Turn) -> Update:
    """Ask for it as an effect, which says where it went."""
    topic = runtime.context.topic
    if topic is None:
        return {}
    comment = CommentRequest(
        number=topic.number, text=state.get("said", "")[:LONGEST], attachments=tuple(state.get("files", ()))
    )
    return {"effects": (comment,)}
