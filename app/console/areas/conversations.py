"""Conversations of a person: who waits, who has whom, and one of them to read, answer, pass on and hand back."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.download import stored_file
from app.console.events import live
from app.console.personal import sight_of
from app.console.policy import POLICY
from app.console.route import get, post
from app.console.visit import Visit
from app.conversations import HandOff, hand_offs, last_hand_off, person_in
from app.delivered import why_not
from app.handovers import (
    LONGEST_WORDS,
    SPEAKERS,
    Agent,
    HandOffRefusedError,
    Words,
    hand_back,
    let_try_again,
    take,
    transfer,
    write,
)
from app.service_window import ServiceWindow, window_of
from app.staff.accounts import all_staff
from app.talk import Spoken, file_in, mark_of, talk_of
from tools.service_desk import Employee

PAGE = "/conversations"
SHOWN, MOST = 150, 3_000  # lines of a conversation: at first, and when all of it is wanted
TROUBLED = ("failed", "dead", "dropped")
LARGEST_ID = 2**63


@dataclass(frozen=True, slots=True)
class Talk:
    """All that the page of one conversation shows."""

    hand_off: HandOff
    lines: Sequence[Spoken]
    has_older: bool
    window: ServiceWindow
    person: Employee | None  # verified at this moment
    colleagues: Sequence[tuple[int, str]]
    mark: str


async def show_conversations(visit: Visit) -> Response:
    """The list: who waits and who is talked to, or those that are over."""
    is_over = visit.request.query_params.get("view") == "over"
    settings = visit.shared.house.settings
    found = await visit.read(lambda s: hand_offs(s, settings, visit.now, ended=is_over))
    return visit.page(
        "conversations/list.html", hand_offs=found, is_over=is_over, sight=sight_of(visit.me), mark=_mark(found)
    )


async def conversations_events(visit: Visit) -> Response:
    """Another mark whenever the list is another."""
    house = visit.shared.house

    def look(session: Session) -> dict[str, object]:
        found = hand_offs(session, house.settings, house.clock())
        return {"mark": _mark(found), "waiting": sum(one.taken_by is None for one in found)}

    return live(visit, POLICY["GET /conversations/events"], look)


async def show_conversation(visit: Visit) -> Response:
    """One conversation; that somebody opened it is remembered."""
    page = await _show(visit)
    if "x-look-again" not in visit.request.headers:
        await visit.remember("read.conversation", f"conversation {conversation_of(visit)}")
    return page


async def conversation_events(visit: Visit) -> Response:
    """Another mark whenever something of it is another."""
    conversation_id = conversation_of(visit)
    rule = POLICY["GET /conversations/{id:int}/events"]
    return live(visit, rule, lambda session: {"mark": mark_of(session, conversation_id)})


async def send_file(visit: Visit) -> Response:
    """A file they sent."""
    conversation_id, seq = conversation_of(visit), int(visit.request.path_params["seq"])

    def look(session: Session) -> tuple[str, str] | None:
        file = file_in(session, conversation_id, seq) if seq < LARGEST_ID else None
        return (file.path, file.name or file.mime_type.partition(";")[0].replace("/", ".")) if file else None

    found = await visit.read(look)
    if found is None:
        raise HTTPException(404)
    return await stored_file(visit.shared.house.data_dir, *found)


async def take_it(visit: Visit) -> Response:
    """Take it; whoever was slower is told who has it."""
    return await _act(visit, take, "conversations.taken")


async def write_words(visit: Visit) -> Response:
    """Say something; what is refused comes back in its field."""
    words = Words(visit.form.text("text", longest=LONGEST_WORDS + 1), later=visit.form.has("later"))
    conversation_id = conversation_of(visit)
    agent = agent_of(visit, visit.form.text("nonce", longest=64) or None)
    try:
        await visit.write(lambda session: write(session, conversation_id, words, agent))
    except HandOffRefusedError as refused:
        return await _show(visit, typed=words.text, trouble=refused, status=409)
    return visit.go(address_of(conversation_id))


async def pass_on(visit: Visit) -> Response:
    """Give it to a colleague, or take it over from one."""
    to = visit.form.number("to", least=1, most=LARGEST_ID - 1) or 0
    seen = visit.form.number("seen", least=1, most=LARGEST_ID - 1)
    told = "conversations.taken" if to == visit.me.id else "conversations.passed_on"
    return await _act(visit, lambda s, conversation_id, agent: transfer(s, conversation_id, to, agent, seen=seen), told)


async def hand_it_back(visit: Visit) -> Response:
    """Let the assistant speak again."""
    return await _act(visit, hand_back, "conversations.handed_back")


async def let_them_try(visit: Visit) -> Response:
    """Forgive the wrong codes; the assistant asks for the address again."""
    return await _act(visit, let_try_again, "conversations.unlocked")


def conversation_of(visit: Visit) -> int:
    """The conversation in the address."""
    conversation_id = int(visit.request.path_params["id"])
    if conversation_id >= LARGEST_ID:
        raise HTTPException(404)
    return conversation_id


def address_of(conversation_id: int) -> str:
    """Where its page is."""
    return f"{PAGE}/{conversation_id}"


def agent_of(visit: Visit, reference: str | None = None) -> Agent:
    """Who acts; a form's nonce is theirs alone."""
    return Agent(visit.me.id, visit.me.name, visit.now, f"{visit.me.id}.{reference}" if reference else None)


async def _act(visit: Visit, step: Callable[[Session, int, Agent], None], told: str) -> Response:
    conversation_id, agent = conversation_of(visit), agent_of(visit)
    try:
        await visit.write(lambda session: step(session, conversation_id, agent))
    except HandOffRefusedError as refused:
        name = f"conversations.refused.{refused.reason}"
        return visit.go(address_of(conversation_id), name, trouble=True, **refused.values)
    return visit.go(address_of(conversation_id), told)


async def _show(
    visit: Visit, *, typed: str = "", trouble: HandOffRefusedError | None = None, status: int = 200
) -> Response:
    conversation_id = conversation_of(visit)
    most = MOST if visit.request.query_params.get("all") else SHOWN
    talk = await visit.read(lambda session: _talk(visit, session, conversation_id, most))
    moment = visit.now
    return visit.page(
        "conversations/one.html",
        status,
        talk=talk, one=talk.hand_off, sight=sight_of(visit.me), mine=talk.hand_off.taken_by == visit.me.id,
        is_open=talk.window.is_open(moment), left=_left(talk.window, moment), typed=typed, trouble=trouble,
        nonce=secrets.token_hex(12), longest=LONGEST_WORDS, why=_why, troubled=TROUBLED, seen_all=most == MOST,
        knock=visit.shared.house.settings.whatsapp.reopen_template,
    )  # fmt: skip


def _talk(visit: Visit, session: Session, conversation_id: int, most: int) -> Talk:
    settings = visit.shared.house.settings
    found = last_hand_off(session, conversation_id, settings, visit.now)
    if found is None:
        raise HTTPException(404)
    lines, has_older = talk_of(session, conversation_id, most=most)
    colleagues = [
        (row.id, row.name)
        for row in all_staff(session)
        if row.active and SPEAKERS & set(row.roles) and row.id != found.taken_by
    ]
    person = person_in(session, conversation_id, settings, visit.now)
    window, mark = window_of(session, conversation_id), mark_of(session, conversation_id)
    return Talk(found, lines, has_older, window, person, colleagues, mark)


def _why(line: Spoken) -> str:
    """The name of the reason for which our words did not arrive, "" when they may still."""
    return why_not(line.error) or "other" if line.state in TROUBLED else ""


def _left(window: ServiceWindow, now: datetime) -> tuple[int, int]:
    """Hours and minutes until the window closes."""
    seconds = max(0, int((window.closes_at - now).total_seconds())) if window.closes_at else 0
    return seconds // 3600, seconds % 3600 // 60


def _mark(found: Sequence[HandOff]) -> str:
    """Another one whenever the list is, but for the passing of time; nobody reads a name out of it."""
    shown = [(one.id, one.taken_by, one.since, one.is_silent, one.employee, one.told_at) for one in found]
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]


ROUTES = (
    get(PAGE, show_conversations),
    get(f"{PAGE}/events", conversations_events),
    get(f"{PAGE}/{{id:int}}", show_conversation),
    get(f"{PAGE}/{{id:int}}/events", conversation_events),
    get(f"{PAGE}/{{id:int}}/files/{{seq:int}}", send_file),
    post(f"{PAGE}/{{id:int}}/take", take_it),
    post(f"{PAGE}/{{id:int}}/words", write_words),
    post(f"{PAGE}/{{id:int}}/pass-on", pass_on),
    post(f"{PAGE}/{{id:int}}/hand-back", hand_it_back),
    post(f"{PAGE}/{{id:int}}/unlock", let_them_try),
)
