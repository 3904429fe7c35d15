"""An agent's words to an employee: whether they may go, which way, and what else happens with them in one step.

Inside 24 hours of the employee's last word they go into the chat. After that the chat takes none: either the words wait
in the outbox behind a template that asks the employee to write, or they go by mail; the agent says which.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.acting import Agent, request_at, set_status
from app.desk.clocks import answered
from app.desk.history import attach_file, done_before, open_quietly, record
from app.desk.models import RequestEvent, RequestRow
from app.desk.refusals import ActRefusedError
from app.request_mail import send_by_mail
from app.settings import Settings
from app.ways import Ways, ways_to_reach
from tools.drafts import LONGEST_TEXT, plain
from tools.service_desk import Status

Way = Literal["chat", "template", "mail"]
SPOKEN = ("comment", "attachment")  # kinds of events that are somebody's words


class StoredFile(NamedTuple):
    """A file below the data directory, and what people call it."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Words:
    """What an agent wrote. `seen` is the newest event they had before them; `anyway`: newer ones do not matter."""

    text: str
    way: Way = "chat"
    files: tuple[StoredFile, ...] = ()
    then: Status | None = None  # the request is stepped there
    seen: int = 0
    anyway: bool = False


class NewerWordsError(ActRefusedError):
    """Somebody said something in public that the agent had not seen; the reply is not sent."""

    def __init__(self) -> None:
        super().__init__("newer")


def open_ways(ways: Ways, row: RequestRow, now: datetime) -> tuple[Way, ...]:
    """Which may be chosen now; none = only notes can be written."""
    match ways.whatsapp(now):
        case "open":
            possible: tuple[Way, ...] = ("chat",)
        case "closed" if ways.template and ways.window.closes_at is not None:
            possible = ("template",)
        case _:
            possible = ()
    has_thread = ways.conversation_id is not None or bool(row.conversation_id)
    return (*possible, "mail") if ways.mail and has_thread else possible


def reply(session: Session, number: int, words: Words, agent: Agent, settings: Settings) -> RequestEvent | None:
    """Say something to the requester; None when this reply was made before. Raises `ActRefusedError`.

    Refused: nothing to say, the request has ended, somebody spoke meanwhile, or this way is not open.
    """
    row = request_at(session, number)
    if done_before(session, agent.reference):
        return None
    _check_words(words)
    if row.merged_into is not None:
        raise ActRefusedError("merged", number=row.merged_into)
    if row.status in ("closed", "cancelled"):
        raise ActRefusedError("ended")
    if not words.anyway and newer_words(session, number, words.seen, agent.name):
        raise NewerWordsError
    ways = ways_to_reach(session, row, settings)
    if words.way not in open_ways(ways, row, agent.now):
        raise ActRefusedError("window_over" if ways.conversation_id is not None else "no_chat")
    event = _say(session, row, words, agent)
    if words.way == "mail":
        event.way = "mail"
        send_by_mail(session, event.id, settings, agent.now, instead=True)
    answered(session, row, agent.now)
    if row.assignee_id is None:
        row.assignee, row.assignee_id = agent.name, agent.id
        record(session, row, agent.further, "assigned", agent.name).tell = False
    if row.status == "new":
        open_quietly(session, row, agent.further)
    if words.then is not None and words.then != row.status:
        set_status(session, number, words.then, Agent(agent.id, agent.name, agent.now))
    session.flush()
    return event


def note(session: Session, number: int, words: Words, agent: Agent) -> RequestEvent | None:
    """Leave a note that only staff see; None when it was left before."""
    row = request_at(session, number)
    if done_before(session, agent.reference):
        return None
    _check_words(words)
    event = record(session, row, agent.act, "note", words.text.strip())
    _keep_files(session, event, words.files)
    if words.then is not None and words.then != row.status:
        set_status(session, number, words.then, Agent(agent.id, agent.name, agent.now))
    return event


def newer_words(session: Session, number: int, seen: int, name: str) -> Sequence[RequestEvent]:
    """What others said in public after an event."""
    said = select(RequestEvent).where(
        RequestEvent.number == number,
        RequestEvent.id > seen,
        RequestEvent.public,
        RequestEvent.kind.in_(SPOKEN),
        (RequestEvent.by != "agent") | (RequestEvent.author != name),
    )
    return session.scalars(said.order_by(RequestEvent.id)).all()


def _say(session: Session, row: RequestRow, words: Words, agent: Agent) -> RequestEvent:
    text = words.text.strip()
    kind = "comment" if text else "attachment"
    event = record(session, row, agent.act, kind, text or ", ".join(file.name for file in words.files))
    _keep_files(session, event, words.files)
    return event


def _keep_files(session: Session, event: RequestEvent, files: Sequence[StoredFile]) -> None:
    for file in files:
        attach_file(session, event, path=file.path, name=file.name)


def _check_words(words: Words) -> None:
    if not plain(words.text).strip() and not words.files:
        raise ActRefusedError("empty")
    if len(plain(words.text)) > LONGEST_TEXT:
        raise ActRefusedError("long", most=LONGEST_TEXT)
