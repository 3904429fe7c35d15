"""The demo's queue as its first visitor finds it: requests of `requests.yaml`, lived through again in working hours.

Every step is what a person would have done, at its own moment: clocks, marks, news and the audit trail are real.
What was told back then counts as read: nothing of it reaches a phone now.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import news, replying
from app.container import House
from app.db.models import OutboxEntry
from app.demo.load import COMPANY
from app.demo.phones import Phones
from app.desk import acting, joining, requests
from app.desk.acting import Agent
from app.desk.calendar import Calendar, due, open_spans
from app.desk.catalogue import category_of
from app.desk.clocks import notice_due
from app.desk.models import DeskDocument, RequestEvent, RequestRow
from app.desk.routing import Case, rule_for
from app.desk.rules import DeskRules, rules_of
from app.identity.employees import employee_by_id
from app.replying import Words, open_ways
from app.request_mail import BY_MAIL
from app.settings import Settings
from app.staff.accounts import all_staff
from app.ways import ways_to_reach
from app.yaml_text import read_yaml
from tools.service_desk import Draft, Employee, Status

MARK = "demo_queue"
LONGEST_AGO = timedelta(days=30)
Step = Callable[[datetime], None]


async def load_queue(house: House) -> None:
    """Write it once; a desk that has it keeps it."""
    now = house.clock()
    await house.database.write(lambda session: _load(session, now, house.settings))


def _load(session: Session, now: datetime, settings: Settings) -> None:
    if session.get(DeskDocument, MARK) is not None:
        return
    session.add(DeskDocument(name=MARK, body="{}"))
    told = read_yaml((COMPANY / "requests.yaml").read_text(encoding="utf8"))
    agents = {account.name: account.id for account in all_staff(session)}
    past = _Past(session, now, settings, rules_of(session), Phones(session), agents)
    newest = session.scalar(select(func.max(RequestEvent.id))) or 0
    for story in told["requests"]:
        past.plan(story)
    past.live()
    past.phones.wait(told["waiting"], now)
    past.settle(newest)
    session.flush()


@dataclass
class _Past:
    """What is lived through: steps at their moments, and the conversations they were said in."""

    session: Session
    now: datetime
    settings: Settings
    rules: DeskRules
    phones: Phones
    agents: Mapping[str, int]  # accounts by name
    steps: list[tuple[datetime, int, Step]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)  # by title

    def plan(self, story: dict[str, Any]) -> None:
        """Find the moments of one request's story."""
        employee = employee_by_id(self.session, story["who"])
        if employee is None:
            raise LookupError(f"nobody of the demo is {story['who']}")
        draft = Draft(
            category_id=story["category"], title=story["title"], description=story["text"], language=employee.language,
            values={name: self._value(value) for name, value in story["values"].items()}, evidence=story["evidence"],
        )  # fmt: skip
        calendar = self._calendar(employee, draft)
        began = ago(calendar, self.now, timedelta(hours=story["ago"]))
        self._at(began, lambda at: self._create(employee, draft, at))
        for act in story.get("then", ()):
            self._at(due(began, timedelta(hours=act["at"]), calendar), self._act(employee, story["title"], act))

    def _value(self, value: Any) -> Any:
        match value:
            case {"days": days}:
                return (self.now + timedelta(days=days)).date().isoformat()
            case {"hours": hours}:
                return (self.now + timedelta(hours=hours)).isoformat(timespec="minutes")
        return value

    def _calendar(self, employee: Employee, draft: Draft) -> Calendar:
        category = category_of(self.session, draft.category_id)[0]
        rule = rule_for(Case(category, draft, employee), self.rules.routing)
        found = self.rules.calendar_of((rule.queue if rule else "") or category.queue)
        if found is None:
            raise LookupError(f"the queue of {draft.title!r} has no hours")
        return found

    def _at(self, moment: datetime, step: Step) -> None:
        self.steps.append((min(moment, self.now), len(self.steps), step))

    def live(self) -> None:
        """Take every step at its moment; what the sweeper would have marked in between is marked."""
        for moment, _, step in sorted(self.steps, key=lambda planned: planned[:2]):
            self._pass_time(moment)
            step(moment)
            self.session.flush()
        self._pass_time(self.now)

    def _pass_time(self, until: datetime) -> None:
        next_look = select(func.min(RequestRow.look_at)).where(RequestRow.look_at <= until)
        while (moment := self.session.scalar(next_look)) is not None:
            notice_due(self.session, moment)
            self.session.flush()

    def _create(self, employee: Employee, draft: Draft, at: datetime) -> None:
        conversation = self.phones.hear(employee.id, draft.description, at)
        receipt = requests.create_request(
            self.session,
            employee=employee,
            conversation_id=str(conversation.id) if conversation else None,
            draft=draft,
            reference=f"demo-{len(self.numbers)}",
            now=at,
        )
        self.numbers[draft.title] = int(receipt.number)

    def _act(self, employee: Employee, title: str, act: dict[str, Any]) -> Step:
        by = act.get("by")
        return lambda at: (
            self._agent_acts(title, act, by, at) if by else self._employee_acts(employee.id, title, act, at)
        )

    def _agent_acts(self, title: str, act: dict[str, Any], by: str, at: datetime) -> None:
        session, number, agent = self.session, self.numbers[title], Agent(self.agents[by], by, at)
        match act:
            case {"does": "take"}:
                acting.take(session, number, agent)
            case {"reply": words}:
                self._reply(number, words, act.get("then"), agent)
            case {"note": words}:
                replying.note(session, number, Words(words), agent)
            case {"outage": outage}:
                joining.link_outage(session, number, outage, agent)
            case {"duplicate": other}:
                joining.link_duplicate(session, number, self.numbers[other], agent)
        news.carry(session, at)

    def _reply(self, number: int, words: str, then: Status | None, agent: Agent) -> None:
        """Into the chat, or by mail when its 24 hours were over."""
        row = acting.request_at(self.session, number)
        way = open_ways(ways_to_reach(self.session, row, self.settings), row, agent.now)[0]
        replying.reply(self.session, number, Words(words, way, then=then, anyway=True), agent, self.settings)

    def _employee_acts(self, who: str, title: str, act: dict[str, Any], at: datetime) -> None:
        number, reference = str(self.numbers[title]), f"demo-{self.numbers[title]}-{act['at']}"
        for said in ("says", "reopens", "words"):
            if said in act:
                self.phones.hear(who, act[said], at)
        match act:
            case {"says": words}:
                requests.comment_request(self.session, who, number, words, reference=reference, now=at)
            case {"reopens": words}:
                requests.reopen_request(self.session, who, number, words, reference=reference, now=at)
            case {"rates": stars}:
                words = act.get("words", "")
                requests.rate_request(self.session, who, number, stars, words, reference=reference, now=at)
            case {"closes": True}:
                requests.close_request(self.session, who, number, reference=reference, now=at)

    def settle(self, newest: int) -> None:
        """All that the events behind `newest` brought to phones was read there, and mails were sent."""
        first = (newest + 1) * news.PARTS
        for version, state in ((news.NEWS, "read"), (BY_MAIL, "sent")):
            ours = (OutboxEntry.version == version, OutboxEntry.part >= first, OutboxEntry.state == "new")
            self.session.execute(update(OutboxEntry).where(*ours).values(state=state))


def ago(calendar: Calendar, now: datetime, working: timedelta) -> datetime:
    """Find the moment since which so much working time has passed."""
    remaining = working
    for opens, closes in reversed(list(_spans_before(calendar, now))):
        if remaining <= closes - opens:
            return closes - remaining
        remaining -= closes - opens
    raise LookupError(f"there was not so much working time in {LONGEST_AGO.days} days")


def _spans_before(calendar: Calendar, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    for opens, closes in open_spans(calendar, now - LONGEST_AGO):
        if opens >= now:
            return
        yield opens, min(closes, now)
