"""Plays a conversation case on a rehearsal: every step, what came back, and how the world stands at the end."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import AnswerRecord, Conversation, HandOffNote
from app.desk.agents import agent_comment, set_status
from app.desk.models import AttachmentRow, OutageFollower, OutageRow, RequestEvent, RequestRow
from app.desk.requests import create_request
from app.identity.employees import employee_by_email
from app.identity.models import EmployeeRow
from app.identity.sessions import current_session
from app.rehearsal import Happened, Rehearsal, Sent, Stage, TurnFailedError
from eval.cases.agents import AgentAct
from eval.cases.conversation import Beside, ConversationCase, File, GivenRequest, TurnStep
from eval.cases.loose import found_in
from eval.company import Company
from eval.persona import Actor
from eval.phone import NothingToTapError, Phone, wamid_of
from eval.record import Exchange
from prompts.texts import say
from tools.service_desk import Draft

PACE = timedelta(seconds=20)  # between two steps of an employee
LONGEST_RAW = 2_000  # letters of a raw message that are kept of it
LONGEST_REPLIES = 40  # exchanges of one case; a persona that never ends is a failure


@dataclass(frozen=True, slots=True)
class Overheard:
    """Words that somebody got while another one wrote, at the exchange of this place, from 0."""

    place: int
    reader: str
    words: str


@dataclass(frozen=True, slots=True)
class Colleague:
    """An employee of the company; `person` is their name in `people.yaml`, "" for those who have no phone there."""

    id: str
    name: str
    email: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class Play:
    """What came of a conversation. `state` as of the end; `trouble` why it could not be played to its end."""

    exchanges: tuple[Exchange, ...]
    state: dict[str, Any]
    trouble: str = ""
    elsewhere: tuple[Overheard, ...] = ()  # what others than who wrote were sent meanwhile
    codes: tuple[str, ...] = ()  # that were mailed
    hosts: frozenset[str] = frozenset()  # that replies may link to
    people: tuple[Colleague, ...] = ()  # all of the company
    passages: dict[str, str] = field(default_factory=dict)  # id -> text of all that was found
    target: dict[str, Any] | None = None  # the state that the case's reference actions leave, where it has some

    @property
    def said(self) -> str:
        """All the bot's words."""
        return "\n".join(reply for exchange in self.exchanges for reply in exchange.replies)


@dataclass(slots=True)
class Clock:
    """The world's clock: it moves when the script says so."""

    now: datetime

    def __call__(self) -> datetime:
        """What time it is, a moment later than the last time it was asked."""
        self.now += timedelta(milliseconds=5)  # no two rows of the database at one moment
        return self.now

    def wait(self, span: timedelta) -> None:
        """Let so much time pass."""
        self.now += span


async def play(case: ConversationCase, stage: Stage, company: Company, folder: Path, *, seed: int) -> Play:
    """Run one case in a world of its own below `folder`."""
    clock = Clock(case.now)
    async with stage.rehearse(folder, clock) as rehearsal:
        scene = Scene(case, rehearsal, company, clock, random.Random(f"{seed}:{case.id}"))  # noqa: S311 -- a choice of words
        await scene.set_up()
        trouble = ""
        try:
            if case.persona is not None:
                await scene.improvise(Actor(case.persona, await scene.catalogue(), scene.address))
            else:
                for step in case.turns:
                    await scene.take(step)
        except NothingToTapError as error:
            trouble = f"the script could not go on: {error}"
        except TurnFailedError as error:
            trouble = str(error)
        return await scene.ended(trouble)


@dataclass
class Scene:
    """A case's world: set up, played in, looked at."""

    case: ConversationCase
    rehearsal: Rehearsal
    company: Company
    clock: Clock
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 -- a choice of words
    exchanges: list[Exchange] = field(default_factory=list)
    phones: dict[str, Phone] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)  # mailed, oldest first
    given: list[int] = field(default_factory=list)  # numbers of the requests that were there
    elsewhere: list[Overheard] = field(default_factory=list)
    heard: dict[str, str] = field(default_factory=dict)  # wamid of a file not delivered yet -> what is heard in it
    writing: str = ""  # who holds the phone now

    @property
    def address(self) -> str:
        """The employee's own e-mail."""
        return self.company.email_of(self.case.employee)

    @property
    def phone(self) -> Phone:
        """The phone of who writes now."""
        return self._phone(self.writing or self.case.employee)

    def _phone(self, who: str) -> Phone:
        if who not in self.phones:
            self.phones[who] = Phone(self.company.person(who))
        return self.phones[who]

    async def catalogue(self) -> Any:
        """The categories of the desk."""
        return await self.rehearsal.catalogue()

    async def set_up(self) -> None:
        """Let the world be as the case gives it."""
        case, database = self.case, self.rehearsal.house.database
        hello = self.phone.hello(self.clock())
        await self.rehearsal.know(hello, self.address, case.language, verified=case.verified)
        await database.write(lambda s: _set_outages(s, case.given.outages or (), self.clock()))
        for number, given in enumerate(case.given.requests):
            email = self.company.email_of(given.of or case.employee)
            self.given.append(await database.write(lambda s, n=number, g=given, e=email: self._open(s, n, g, e)))  # type: ignore[misc]
        if case.given.handed_over:
            await database.write(lambda s: _hand_over(s, self.clock()))
        await self.rehearsal.forget_news()

    def _open(self, session: Session, place: int, given: GivenRequest, email: str) -> int:
        now = self.clock.now - timedelta(hours=2)
        employee = employee_by_email(session, email)
        if employee is None:
            raise ValueError(f"{email} is no employee")
        draft = Draft(
            category_id=given.category, title=given.title, description=given.description or given.title,
            values=given.values,
        )  # fmt: skip
        receipt = create_request(
            session, employee=employee, conversation_id=None, draft=draft, reference=f"given-{place}", now=now
        )
        for act in given.comments:
            act_of_agent(session, act, receipt.number, now)
        opened = session.scalars(select(RequestRow.status).where(RequestRow.number == int(receipt.number))).one()
        if given.status not in ("new", opened):  # a first answer has opened it already
            set_status(session, receipt.number, given.status, author="Bianca", now=now)
        return int(receipt.number)

    async def take(self, step: TurnStep) -> None:
        """Do one step and note what came of it."""
        [deed] = step.deeds
        self.clock.wait(PACE)
        if deed == "wait":
            self.clock.wait(step.wait or timedelta())
            self.exchanges.append(Exchange(did=f"{step.wait} later", who="time"))
        elif deed == "other":
            self.writing = step.other
            self.exchanges.append(Exchange(did=f"{step.other} takes over", who="time"))
        elif deed == "agent" and step.agent is not None:
            await self._agent(step.agent)
        else:
            did, bodies = self._deliveries(step, deed)
            await self._exchange(did, bodies)

    async def improvise(self, actor: Actor) -> None:
        """Let a persona speak until it is content, gives up or has no patience left."""
        words: str | None = actor.first()
        while words is not None and len(self.exchanges) < LONGEST_REPLIES:
            self.clock.wait(PACE)
            now = self.clock()
            body = self.phone.tap(actor.taps, now) if actor.taps else self.phone.write(words, now)
            await self._exchange(words, [body])
            newest = self.exchanges[-1].replies
            words = actor.next("\n".join(newest), self.phone.newest_choices, self.codes[-1] if self.codes else "")

    def _deliveries(self, step: TurnStep, deed: str) -> tuple[str, list[dict[str, Any]]]:
        """What a step of the employee is called, and what the channel brings for it."""
        now, phone = self.clock(), self.phone
        makers: dict[str, Callable[[], tuple[str, list[dict[str, Any]]]]] = {
            "say": lambda: self._words(self.dice.choice(step.say), step.quoting),
            "burst": lambda: self._burst(step.burst),
            "email": lambda: self._words(step.email if isinstance(step.email, str) else self.address),
            "code": lambda: self._words(self._code(step.code)),
            "react": lambda: (step.react, [phone.react(step.react, now, quoting=step.quoting)]),
            "choose": lambda: self._choose(step),
        }
        if step.tap is not None:
            return f"[{step.tap.title}]", [phone.tap(step.tap, now)]
        if step.file is not None:
            return _file_words(step.file), [self._send_file(step.file, step.quoting)]
        if step.raw is not None:
            return _raw_words(step.raw), [phone.send_raw(step.raw, now)]
        return makers[deed]()

    def _words(self, words: str, quoting: str | None = None) -> tuple[str, list[dict[str, Any]]]:
        return words, [self.phone.write(words, self.clock(), quoting=quoting)]

    def _burst(self, parts: Sequence[str | Beside]) -> tuple[str, list[dict[str, Any]]]:
        """Words, files and taps that are there before any of them is answered."""
        did, bodies = [], []
        for part in parts:
            now = self.clock()
            if isinstance(part, str):
                did.append(part)
                bodies.append(self.phone.write(part, now))
            elif part.tap is not None:
                did.append(f"[{part.tap.title}]")
                bodies.append(self.phone.tap(part.tap, now))
            elif part.file is not None:
                did.append(_file_words(part.file))
                bodies.append(self._send_file(part.file))
        return "\n".join(did), bodies

    def _send_file(self, file: File, quoting: str | None = None) -> dict[str, Any]:
        """A file on its way, and the words that a model would make of it."""
        body = self.phone.send_file(file, self.clock(), quoting=quoting)
        if file.words:
            spoken = file.words if file.kind == "audio" else say(self.case.language, "picture", text=file.words)
            self.heard[wamid_of(body)] = spoken
        return body

    def _choose(self, step: TurnStep) -> tuple[str, list[dict[str, Any]]]:
        newest = next(("\n".join(each.replies) for each in reversed(self.exchanges) if each.replies), "")
        for way in step.choose:
            if found_in(way.when, newest):
                if way.skip:
                    return "(nothing to answer)", []
                if way.tap is not None:
                    return f"[{way.tap.title}]", [self.phone.tap(way.tap, self.clock())]
                return self._words(way.say)
        raise NothingToTapError("none of the ways to answer fits what the bot said")

    def _code(self, wanted: str) -> str:
        newest = self.codes[-1] if self.codes else "000000"
        match wanted:
            case "right" | "newest":
                return newest
            case "old":
                return self.codes[-2] if len(self.codes) > 1 else "000000"
            case "wrong":
                return f"{(int(newest) + self.dice.randrange(1, 999_999)) % 1_000_000:06d}"
        return wanted.replace("{code}", newest).replace("{spaced}", f"{newest[:3]} {newest[3:]}")

    def newest(self, session: Session) -> str:
        """The number of the employee's newest request; raises NothingToTapError when there is none."""
        employee = employee_by_email(session, self.address)
        wanted = select(RequestRow.number).order_by(RequestRow.number.desc())
        if employee is not None:
            wanted = wanted.where(RequestRow.employee_id == employee.id)
        number = session.scalars(wanted).first()
        if number is None:
            raise NothingToTapError("there is no request for the agent to act on")
        return str(number)

    async def _agent(self, act: AgentAct) -> None:
        def do(session: Session) -> str:
            number = act.number or self.newest(session)
            act_of_agent(session, act, number, self.clock())
            return number

        number = await self.rehearsal.house.database.write(do)
        await self.rehearsal.tell_news()
        did = f"#{number} {act.reply or act.note} {act.status or ''}".strip()
        self.exchanges.append(Exchange(did=did, who="agent", replies=await self._receive()))

    async def _exchange(self, did: str, bodies: list[dict[str, Any]]) -> None:
        before, started = len(self.rehearsal.happened), perf_counter()
        who = self.writing or "employee"
        try:
            heard, self.heard = self.heard, {}
            await self.rehearsal.hear(*bodies, heard=heard)
        finally:
            spent = (perf_counter() - started) * 1000
            replies = await self._receive()
            turns = self.rehearsal.happened[before:]
            self.exchanges.append(_exchange(did, who, replies, turns, spent))
        self.codes += [mail.code for mail in await self.rehearsal.take_mails()]

    async def _receive(self) -> tuple[str, ...]:
        """Give everybody what was sent to them; returns what who writes now got."""
        owners = await self.rehearsal.owners()
        shown: list[str] = []
        for sent in await self.rehearsal.take_messages():
            phone = self._owner(owners, sent)
            words = phone.receive(sent, self.clock.now)
            if phone is self.phone:
                shown.append(words)
            else:
                self.elsewhere.append(Overheard(len(self.exchanges), phone.person.id, words))
        return tuple(shown)

    def _owner(self, owners: dict[int, tuple[str, str]], sent: Sent) -> Phone:
        bsuid, wa_id = owners[sent.conversation_id]
        for phone in self.phones.values():
            if phone.person.user_id == bsuid or phone.person.wa_id == wa_id:
                return phone
        raise ValueError(f"nobody here has conversation {sent.conversation_id}")

    async def ended(self, trouble: str) -> Play:
        """All that came of it."""
        state, house = await self.state(), self.rehearsal.house
        found = [found for turn in self.rehearsal.happened for found in turn.searches]
        passages = {passage.id: passage for each in found for passage in each.passages}
        linked = {urlsplit(passage.url).hostname or "" for passage in passages.values() if passage.url}
        company = house.settings.company
        linked |= {*company.link_hosts, urlsplit(company.privacy_url).hostname or ""}
        return Play(
            exchanges=tuple(self.exchanges),
            state=state,
            trouble=trouble,
            elsewhere=tuple(self.elsewhere),
            codes=tuple(self.codes),
            hosts=frozenset(linked),
            people=await self._colleagues(),
            passages={name: passage.text for name, passage in passages.items()},
        )

    async def _colleagues(self) -> tuple[Colleague, ...]:
        rows = select(EmployeeRow.id, EmployeeRow.name, EmployeeRow.email)
        found = await self.rehearsal.house.database.read(lambda s: s.execute(rows).all())
        named = {self.company.email_of(name): name for name in self.company.names}
        return tuple(Colleague(row.id, row.name, row.email or "", named.get(row.email or "", "")) for row in found)

    async def state(self) -> dict[str, Any]:
        """How the world stands, as far as cases ask."""
        rules, now = self.rehearsal.house.settings.identity, self.clock()
        bsuid, wa_id = self._phone(self.case.employee).person.user_id, self._phone(self.case.employee).person.wa_id

        def look(session: Session) -> dict[str, Any]:
            contact = next(
                c for c in session.scalars(select(Conversation)) if c.bsuid == (bsuid or "-") or c.wa_id == wa_id
            )
            principal, _ = current_session(session, str(contact.id), contact.bound_to, now, rules)
            return {
                "verified": principal is not None,
                "principal": principal.id if principal else "",
                "handed_over": contact.handed_over,
                "language": contact.language,
                "given": list(self.given),
                "requests": [_request(session, row) for row in session.scalars(select(RequestRow))],
                "followers": [[f.outage_id, f.employee_id] for f in session.scalars(select(OutageFollower))],
                "answers": [[a.article_id, a.outcome] for a in session.scalars(select(AnswerRecord))],
                "hand_offs": [note.reason for note in session.scalars(select(HandOffNote))],
            }

        return await self.rehearsal.house.database.read(look)


def _exchange(did: str, who: str, replies: tuple[str, ...], turns: list[Happened], spent: float) -> Exchange:
    thoughts = [turn.thought for turn in turns]
    return Exchange(
        did=did,
        who=who,
        principal=turns[0].principal if turns else "",
        replies=replies,
        intents=tuple(intent for thought in thoughts for intent in thought.intents),
        effects=tuple(effect.model_dump(mode="json") for thought in thoughts for effect in thought.effects),
        reads=tuple(dict.fromkeys(read for turn in turns for read in turn.reads)),
        searches=tuple(
            {
                "query": found.query,
                "band": found.band,
                "probability": round(found.probability, 4),
                "passages": [passage.id for passage in found.passages],
            }
            for turn in turns
            for found in turn.searches
        ),
        engine=thoughts[-1].engine if thoughts else "",
        language=thoughts[-1].language if thoughts else "",
        milliseconds=round(spent, 1),
        calls=tuple(call.model_dump(mode="json") for thought in thoughts for call in thought.calls),
    )


def _raw_words(message: dict[str, Any]) -> str:
    """What a raw message is called: its kind, and whatever words and ids are in it."""
    inside = json.dumps({k: v for k, v in message.items() if k != "type"}, ensure_ascii=False)
    return f"({message.get('type', 'text')}) {inside}"[:LONGEST_RAW]


def _file_words(file: File) -> str:
    return f"({file.kind}) {' '.join(filter(None, (file.caption or file.name, file.words)))}"


def act_of_agent(session: Session, act: AgentAct, number: str, now: datetime) -> None:
    """Let an agent of the desk answer, note or move a request."""
    if act.reply:
        agent_comment(session, number, act.reply, author=act.author, public=True, now=now)
    if act.note:
        agent_comment(session, number, act.note, author=act.author, public=False, now=now)
    if act.status is not None:
        set_status(session, number, act.status, author=act.author, now=now)


def _set_outages(session: Session, on: tuple[str, ...], now: datetime) -> None:
    for outage in session.scalars(select(OutageRow)):
        outage.ended_at = None if outage.id in on else now - timedelta(days=1)


def _hand_over(session: Session, now: datetime) -> None:
    for contact in session.scalars(select(Conversation)):
        contact.handed_over = True
        session.add(HandOffNote(conversation_id=contact.id, reason="asked", summary="", at=now))


def _request(session: Session, row: RequestRow) -> dict[str, Any]:
    found = select(RequestEvent).where(RequestEvent.number == row.number).order_by(RequestEvent.id)
    events = session.scalars(found).all()
    comments = [event.text for event in events if event.kind == "comment" and event.by == "employee"]
    files = session.scalars(select(AttachmentRow.id).where(AttachmentRow.number == row.number)).all()
    return {
        "number": row.number,
        "employee": row.employee_id,
        "category": row.category_id,
        "title": row.title,
        "description": row.description,
        "fields": row.fields,
        "status": row.status,
        "queue": row.queue,
        "priority": row.priority,
        "rating": row.rating,
        "comments": comments,
        "touched": any(event.by == "employee" and event.kind != "created" for event in events),
        "attachments": len(files),
    }
