"""How a request reads to its requester."""

import re
from collections.abc import Mapping, Sequence

from graph.choices import cut
from graph.messages import Incoming
from graph.moments import spelled
from graph.speech import words
from graph.state import State, language_of
from tools.service_desk import RequestView, Status

HANDLING = re.compile(r"\b(?:reabr\w+|reopen|encerr\w+|fech(?:a|ar|e|em)|cierr\w+|cerrar|close)\b", re.IGNORECASE)
"""Words that ask to close or reopen a request: it is shown with its buttons, and they tap."""

REOPENING = re.compile(r"\b(?:reabr\w+|reopen)", re.IGNORECASE)
ENDED = frozenset({"solved", "closed", "cancelled"})
SIGNS = frozenset({"tap", "reaction", "sticker"})


def answers(burst: Sequence[Incoming], about: Mapping[str, str]) -> dict[str, list[Incoming]]:
    """By request, the messages of a burst that answer news of it; none when nothing of the burst quotes any."""
    said = [message for message in burst if message.kind not in SIGNS and (message.text.strip() or message.media)]
    number = next((about[message.quoted] for message in said if message.quoted in about), "")
    answered: dict[str, list[Incoming]] = {}
    for message in said if number else ():
        number = about.get(message.quoted, number)
        answered.setdefault(number, []).append(message)
    return answered


def status_words(state: State, status: Status) -> str:
    """Name a status in the conversation's language."""
    return words(state, f"status_{status}")


def describe_request(state: State, request: RequestView, timezone: str) -> str:
    """Tell its number, title and status, the last public word and what was promised."""
    language = language_of(state)
    lines = [
        f"*#{request.number}* {cut(request.title, 200)}",
        words(state, "status_line", status=status_words(state, request.status), queue=request.queue),
    ]
    comment = request.last_comment
    if comment:
        when = spelled(comment.at, language, timezone)
        text = cut(comment.text, 400)
        if comment.by == "employee":
            lines.append(words(state, "own_comment", when=when, text=text))
        else:
            lines.append(words(state, "last_comment", author=comment.author, when=when, text=text))
    due = request.resolution_due
    if due and request.status not in ENDED:
        lines.append(words(state, "promise", when=spelled(due, language, timezone)))
    return "\n".join(lines)
