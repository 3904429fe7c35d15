"""Add words and files that quote news of a request to that request; what else is being asked stays open."""

from graph.nodes.listen import clean
from graph.requests import answers
from graph.state import State, Turn, Update
from tools.effects import CommentRequest

LONGEST = 4_000  # characters of a comment


async def add_quoted(state: State, runtime: Turn) -> Update:
    """One comment for each request that is answered; what quotes nothing goes with what was before it."""
    comments = tuple(
        CommentRequest(
            number=number,
            text="\n".join(filter(None, (clean(message.text) for message in messages)))[:LONGEST],
            attachments=tuple(message.id for message in messages if message.media and message.kind != "sticker"),
        )
        for number, messages in answers(state["burst"], runtime.context.about).items()
    )
    return {"effects": comments}
