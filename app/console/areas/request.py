"""One request: what is known of it, its thread with the employee, and everything an agent does about it."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app import replying, threads
from app.console.areas.queue import Choices, agent_of, choices
from app.console.download import stored_file
from app.console.events import live
from app.console.fields import Filled, fields_of
from app.console.personal import sight_of
from app.console.policy import POLICY
from app.console.promise import promises_of
from app.console.route import get, post
from app.console.visit import Visit
from app.console.wording import LANGUAGES
from app.desk import acting, joining
from app.desk.acting import ARROW, PRIORITIES, Agent
from app.desk.catalogue import outages_of
from app.desk.macros import macros_for, render_macro
from app.desk.models import OutageRow, RequestEvent, RequestRow
from app.desk.refusals import ActRefusedError
from app.desk.transitions import OPEN
from app.desk.views import number_in
from app.replying import StoredFile, Way, Words
from app.settings import Settings
from app.threads import Entry, Person
from app.uploads import UploadRefusedError, check_upload, keep_upload, stored_path
from app.ways import Ways, ways_to_reach
from app.whatsapp.limits import TEXT
from graph.language.port import Line
from tools.drafts import LONGEST_TEXT
from tools.service_desk import DeskRefusedError, Outage, Status

MOST_FILES = 10  # of one reply
HEAD = 160  # letters that the message around an agent's words takes
LARGEST_NUMBER = 10**9


@dataclass(frozen=True, slots=True)
class Prepared:
    """A macro filled for this request."""

    id: int
    name: str
    text: str
    status: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What an agent has in the composer, and what was wrong with it. `newer`: events they had not seen."""

    text: str = ""
    kind: str = "reply"
    then: str = ""
    way: str = ""
    trouble: str = ""
    values: dict[str, str | int] = field(default_factory=dict)
    newer: Sequence[RequestEvent] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything the page shows, read in one transaction."""

    row: RequestRow
    entries: list[Entry]
    person: Person
    fields: list[Filled]
    lines: Sequence[Line]
    ways: Ways
    open_ways: tuple[Way, ...]
    macros: list[Prepared]
    steps: list[Status]
    known: Choices
    outages: tuple[Outage, ...]
    outage: str
    merged: list[int]


async def show_request(visit: Visit) -> Response:
    """The page."""
    return await _page(visit, Typed())


async def _page(visit: Visit, typed: Typed, status: int = 200) -> Response:
    number = number_of(visit)
    sheet = await visit.read(lambda session: _sheet(visit, session, number))
    first, solution = promises_of(sheet.row, visit.now)
    return visit.page(
        "request/request.html", status,
        s=sheet, row=sheet.row, typed=typed, first=first, solution=solution, sight=sight_of(visit.me),
        is_open=sheet.row.status in OPEN, nonce=secrets.token_urlsafe(12), seen=threads.newest_event(sheet.entries),
        moved=lambda text: moved_words(visit, sheet.known, text), limit=TEXT - HEAD, longest=LONGEST_TEXT,
        priorities=PRIORITIES, language_names=LANGUAGES, names=(sheet.person.name,),
        previous=f"/queue{'?' + visit.request.query_params['from'] if 'from' in visit.request.query_params else ''}",
    )  # fmt: skip


def _sheet(visit: Visit, session: Session, number: int) -> Sheet:
    row = session.get(RequestRow, number)
    if row is None:
        raise HTTPException(404)
    language = visit.words.language
    ways = ways_to_reach(session, row, visit.shared.house.settings)
    outage = session.get(OutageRow, row.outage_id) if row.outage_id else None
    sheet = Sheet(
        row=row,
        entries=threads.thread_of(session, row),
        person=threads.person_of(session, row),
        fields=fields_of(session, row, visit.words),
        lines=threads.conversation_lines(session, row),
        ways=ways,
        open_ways=replying.open_ways(ways, row, visit.now),
        macros=_macros(session, row, visit.me.name),
        steps=acting.steps_from(row),
        known=choices(visit, session),
        outages=outages_of(session, visit.now),
        outage=Outage.model_validate(outage.spec).title.get(language, "") if outage is not None else "",
        merged=joining.merged_into(session, number),
    )
    session.expunge_all()
    return sheet


def _macros(session: Session, row: RequestRow, agent: str) -> list[Prepared]:
    """In the employee's language: it is they who read it."""
    return [
        Prepared(macro.id, macro.name, render_macro(session, macro.id, row, row.language, agent=agent), macro.status)
        for macro in macros_for(session, row.queue)
    ]


async def request_events(visit: Visit) -> Response:
    """Whether anything happened to it, how far the replies have come, and who else is writing."""
    number, shared, me = number_of(visit), visit.shared, visit.me.id

    def look(session: Session) -> dict[str, Any]:
        row = session.get(RequestRow, number)
        if row is None:
            return {"last": 0, "standing": "", "writers": []}
        entries = threads.thread_of(session, row)
        standing = [row.status, row.assignee, row.priority, row.queue, *_states(entries)]
        writers = shared.writers.others(number, me)
        return {"last": threads.newest_event(entries), "standing": " ".join(standing), "writers": writers}

    return live(visit, POLICY["GET /queue/{id:int}/events"], look, name="request")


def _states(entries: Sequence[Entry]) -> list[str]:
    told = [f"{entry.event.id}:{entry.delivery}" for entry in entries if entry.delivery is not None]
    return told + [f"f{file.id}:{file.state}" for entry in entries for file in entry.files]


async def show_file(visit: Visit) -> Response:
    """A file of this request, to be kept; an image of the page shows it."""
    number, file_id = number_of(visit), int(visit.request.path_params["file"])
    if file_id >= 2**63:
        raise HTTPException(404)
    found = await visit.read(lambda session: threads.file_at(session, number, file_id))
    if found is None:
        raise HTTPException(404)
    return await stored_file(visit.shared.house.settings.data_dir, *found)


async def send_reply(visit: Visit) -> Response:
    """Answer the employee, or leave a note; what cannot be sent stays in the composer."""
    number, form = number_of(visit), visit.form
    text, kind = form.text("text", longest=LONGEST_TEXT + 1), form.text("kind")
    typed = Typed(text, kind, form.text("then"), form.text("way"))
    data_dir = visit.shared.house.settings.data_dir
    try:
        files = await _kept_files(visit, data_dir)
    except UploadRefusedError as refused:
        return await _refused(visit, typed, f"errors.upload.{refused.reason}")
    words = Words(
        text, way=_way(form.text("way")), files=tuple(files), then=_status(form.text("then")),
        seen=form.number("seen", least=0, most=2**62) or 0, anyway=form.has("anyway"),
    )  # fmt: skip
    agent = agent_of(visit, reference=f"s{visit.me.id}.{form.text('nonce', longest=40)}")
    say = replying.note if kind == "note" else _reply_with(visit.shared.house.settings)
    try:
        event = await visit.write(lambda session: say(session, number, words, agent))
    except ActRefusedError as refused:
        await _forget(data_dir, files)
        return await _refused(visit, typed, f"errors.request.{refused.reason}", refused, seen=words.seen)
    except DeskRefusedError:
        await _forget(data_dir, files)
        return await _refused(visit, typed, "errors.request.step")
    if event is None:
        await _forget(data_dir, files)
    visit.shared.writers.stop(number, visit.me.id)
    done = "noted" if kind == "note" else {"template": "waits", "mail": "mailed"}.get(words.way, "sent")
    return visit.go(f"/queue/{number}#end", f"request.{done}")


def _reply_with(settings: Settings) -> Callable[[Session, int, Words, Agent], RequestEvent | None]:
    return lambda session, number, words, agent: replying.reply(session, number, words, agent, settings)


async def _refused(
    visit: Visit, typed: Typed, phrase: str, refused: ActRefusedError | None = None, *, seen: int = 0
) -> Response:
    """The page again with what was typed; newer words are shown beside it."""
    number, newer = number_of(visit), ()
    if isinstance(refused, replying.NewerWordsError):
        newer = tuple(await visit.read(lambda s: replying.newer_words(s, number, seen, visit.me.name)))  # type: ignore[assignment]  # rows
    values = refused.values if refused is not None else {}
    told = Typed(typed.text, typed.kind, typed.then, typed.way, phrase, values, newer)
    return await _page(visit, told, 409 if newer else 422)


async def _kept_files(visit: Visit, data_dir: Path) -> list[StoredFile]:
    """Check all before any is kept."""
    sent = visit.form.files.get("files", ())
    read = [(file.filename or "", await file.read()) for file in sent[:MOST_FILES]]
    for file in sent:
        await file.close()
    uploads = [check_upload(name, content) for name, content in read]
    return [StoredFile(await asyncio.to_thread(keep_upload, data_dir, one), one.name) for one in uploads]


async def _forget(data_dir: Path, files: Sequence[StoredFile]) -> None:
    for file in files:
        path = stored_path(data_dir, file.path)
        if path is not None:
            await asyncio.to_thread(path.unlink, missing_ok=True)


def _way(text: str) -> Way:
    known: tuple[Way, ...] = get_args(Way)
    return next((way for way in known if way == text), "chat")


def _status(text: str) -> Status | None:
    known: tuple[Status, ...] = get_args(Status)
    return next((status for status in known if status == text), None)


async def note_writing(visit: Visit) -> Response:
    """Somebody is writing here; told to whoever has the page open."""
    visit.shared.writers.note(number_of(visit), visit.me.id, visit.me.name)
    visit.shared.pulse.beat()
    return Response(status_code=204)


async def take(visit: Visit) -> Response:
    """Take it; from a colleague only when that was asked for."""
    from_other = visit.form.has("from_other")
    return await _act(visit, lambda s, n, agent: acting.take(s, n, agent, from_other=from_other), "taken")


async def assign(visit: Visit) -> Response:
    """Give it to a colleague or back to the queue."""
    staff_id = visit.form.number("colleague", least=1, most=2**62)
    return await _act(visit, lambda s, n, agent: acting.assign_to(s, n, staff_id, agent), "changed")


async def move(visit: Visit) -> Response:
    """Another queue."""
    queue, reason = visit.form.text("queue"), visit.form.text("reason")
    return await _act(visit, lambda s, n, agent: acting.move(s, n, queue, agent, reason), "changed")


async def prioritise(visit: Visit) -> Response:
    """More or less urgent, and why."""
    priority, reason = visit.form.text("priority"), visit.form.text("reason")
    return await _act(visit, lambda s, n, agent: acting.prioritise(s, n, priority, agent, reason), "changed")


async def recategorise(visit: Visit) -> Response:
    """About something else, and why."""
    category, reason = visit.form.text("category"), visit.form.text("reason")
    return await _act(visit, lambda s, n, agent: acting.recategorise(s, n, category, agent, reason), "changed")


async def set_status(visit: Visit) -> Response:
    """A step on, or back."""
    status = _status(visit.form.text("status"))
    if status is None:
        raise HTTPException(400)
    return await _act(visit, lambda s, n, agent: acting.set_status(s, n, status, agent), "changed")


async def link_duplicate(visit: Visit) -> Response:
    """About the same thing as another."""
    other = number_in(visit.form.text("other")) or 0
    return await _act(visit, lambda s, n, agent: joining.link_duplicate(s, n, other, agent), "linked")


async def merge(visit: Visit) -> Response:
    """It goes on in another."""
    other = number_in(visit.form.text("other")) or 0
    return await _act(visit, lambda s, n, agent: joining.merge(s, n, other, agent), "merged")


async def link_outage(visit: Visit) -> Response:
    """Part of a known outage."""
    outage = visit.form.text("outage")
    return await _act(visit, lambda s, n, agent: joining.link_outage(s, n, outage, agent), "linked")


async def _act(visit: Visit, work: Callable[[Session, int, Agent], None], told: str) -> Response:
    number, agent = number_of(visit), agent_of(visit)
    path = f"/queue/{number}"
    try:
        await visit.write(lambda session: work(session, number, agent))
    except ActRefusedError as refused:
        if refused.reason == "unknown":
            raise HTTPException(404) from None
        return visit.go(path, f"errors.request.{refused.reason}", trouble=True, **refused.values)
    except DeskRefusedError:
        return visit.go(path, "errors.request.step", trouble=True)
    return visit.go(path, f"request.{told}")


def number_of(visit: Visit) -> int:
    """The request in the address."""
    number = int(visit.request.path_params["id"])
    if number >= LARGEST_NUMBER:
        raise HTTPException(404)
    return number


def moved_words(visit: Visit, known: Choices, text: str) -> tuple[str, str, str]:
    """What a "moved" event says: from, to, and why."""
    change, _, reason = text.partition("\n")
    before, _, after = change.partition(ARROW)
    queues = dict(known.queues)

    def said(value: str) -> str:
        if value in PRIORITIES:
            return visit.words(f"queue.priority.{value}")
        return queues.get(value) or known.names.get(value) or value

    return said(before), said(after), reason


ROUTES = (
    get("/queue/{id:int}", show_request),
    get("/queue/{id:int}/events", request_events),
    get("/queue/{id:int}/files/{file:int}", show_file),
    post("/queue/{id:int}/reply", send_reply),
    post("/queue/{id:int}/writing", note_writing),
    post("/queue/{id:int}/take", take),
    post("/queue/{id:int}/assign", assign),
    post("/queue/{id:int}/queue", move),
    post("/queue/{id:int}/priority", prioritise),
    post("/queue/{id:int}/category", recategorise),
    post("/queue/{id:int}/status", set_status),
    post("/queue/{id:int}/duplicate", link_duplicate),
    post("/queue/{id:int}/merge", merge),
    post("/queue/{id:int}/outage", link_outage),
)
