"""Add words and files that quote a message about a request to that request; what else is being asked stays open."""

from collections.abc import Sequence

from graph.choices import Option
from graph.matters import SURE
from graph.messages import Incoming
from graph.nodes.listen import clean
from graph.requests import ENDED, answers
from graph.speech import question, words
from graph.state import State, Turn, Update, form_open, who
from tools.effects import CommentRequest
from tools.service_desk import RequestView

LONGEST = 4_000  # characters of a comment


async def add_quoted(state: State, runtime: Turn) -> Update:
    """One comment for each request that is answered; for an ended one they choose: reopen it, or open another."""
    employee = who(state, runtime)
    comments: list[CommentRequest] = []
    ended: Update = {}
    for number, messages in answers(state["burst"], runtime.context.about).items():
        request = await runtime.context.desk.request(employee.id, number) if employee else None
        comment = _comment(number, messages)
        if request is None or request.status not in ENDED:
            comments.append(comment)
        elif request.status == "solved" and form_open(state):
            comments.append(comment)  # it takes words still, and the form must not be left for a question
        else:
            ended = _ask_about_ended(state, runtime, request, comment)
    return {"effects": tuple(comments)} | ended


def _comment(number: str, messages: Sequence[Incoming]) -> CommentRequest:
    return CommentRequest(
        number=number,
        text="\n".join(filter(None, (clean(message.text) for message in messages)))[:LONGEST],
        attachments=tuple(message.id for message in messages if message.media and message.kind != "sticker"),
    )


def _ask_about_ended(state: State, runtime: Turn, request: RequestView, comment: CommentRequest) -> Update:
    number, text, files = request.number, comment.text, list(comment.attachments)
    options = [Option("other", "", words(state, "button_open_new")), Option("no", "", words(state, "button_no"))]
    if request.can_reopen:
        options.insert(0, Option("revive", number, words(state, "button_reopen")))
    told_on = "\n".join(filter(None, (text, words(state, "follows", number=number))))
    wish = {
        "intent": "request", "number": "", "words": told_on, "query": text or request.title,
        "categories": [[request.category_id, SURE]], "files": files,
    }  # fmt: skip
    key = "ask_reopen" if request.can_reopen else "ask_follow_up"
    slots = {"number": number, "text": text, "files": files, "wish": wish}
    return question(state, runtime, "ended", words(state, key, number=number), options, slots=slots)
