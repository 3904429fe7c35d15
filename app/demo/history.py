"""A made-up past of the demo's desk, drawn with a fixed seed, so that reports have something to say.

Its requests are numbered below the first one that the demo gives out, and belong to people whom nobody plays.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.container import House
from app.db.models import AnswerRecord, Conversation, HandOffNote, Turn
from app.demo.load import COMPANY
from app.demo.phones import NUMBER
from app.desk.calendar import due
from app.desk.finding import words_of
from app.desk.models import NOTHING_DUE, CategoryRow, DeskDocument, RequestEvent, RequestRow, RequestWords
from app.desk.requests import FIRST_NUMBER
from app.desk.rules import DeskRules, rules_of
from app.identity.employees import employee_by_id
from app.staff.accounts import all_staff
from app.thinking.models import ModelCallRow
from app.yaml_text import read_yaml
from tools.service_desk import Employee

DAYS = 75  # of the past
OPEN_SINCE = timedelta(days=6)  # nothing older waits: the queue shows what is alive
SEED = 20260901
PEOPLE = ("E1005", "E1007", "E1009", "E1010", "E1011", "E1012", "E1013", "E1015")
SPOKEN = {"E1009": "es", "E1013": "es", "E1012": "en"}  # the others speak Portuguese
ZONE = ZoneInfo("America/Sao_Paulo")
CONTACTS = 60
WEIGHTS = {
    "access-password": 9, "network-vpn": 6, "printing": 5, "email-collaboration": 5, "hardware": 4,
    "business-systems": 5, "pay-benefits": 4, "time-off": 3, "software-request": 3, "facilities": 2, "travel": 2,
    "security-incident": 1,
}  # fmt: skip
PRIORITIES = ("low", "medium", "medium", "medium", "high", "urgent")
REASONS = ("asked", "asked", "asked", "no_article", "codes_failed", "policy", "tool_failed")
TRIED = (40, 26)  # days ago between which a model was tried
MARK = "demo_history"


async def load_history(house: House) -> None:
    """Write it once; a desk that has it keeps it."""
    now = house.clock()
    await house.database.write(lambda session: _load(session, now))


def _load(session: Session, now: datetime) -> None:
    if session.get(DeskDocument, MARK) is not None:
        return
    session.add(DeskDocument(name=MARK, body="{}"))
    past = _Past.of(session, now)
    cases = [case for ago in range(DAYS, 0, -1) for case in past.cases_of(ago)]
    rows = [past.request(FIRST_NUMBER - len(cases) + place, case) for place, case in enumerate(cases)]
    if rows:
        session.execute(insert(RequestRow), rows)
        session.execute(insert(RequestEvent), [event for row in rows for event in past.events(row)])
        session.execute(insert(RequestWords), [past.words(row) for row in rows])
    past.talk(session)


@dataclass(frozen=True, slots=True)
class _Case:
    category: str
    language: str
    employee: str
    title: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Past:
    """Everything is drawn from `dice`, in one order."""

    now: datetime
    dice: Random
    told: dict[str, Any]
    rules: DeskRules
    categories: dict[str, dict[str, Any]]
    people: dict[str, Employee]
    accounts: dict[str, int]  # of agents, by name

    @classmethod
    def of(cls, session: Session, now: datetime) -> "_Past":
        told = read_yaml((COMPANY / "history.yaml").read_text(encoding="utf8"))
        specs = {row.id: row.spec for row in session.scalars(select(CategoryRow)) if row.id in WEIGHTS}
        people = {who: found for who in PEOPLE if (found := employee_by_id(session, who)) is not None}
        accounts = {account.name: account.id for account in all_staff(session)}
        return cls(now, Random(SEED), told, rules_of(session), specs, people, accounts)  # noqa: S311 -- nothing secret

    def cases_of(self, ago: int) -> list[_Case]:
        """The requests of one day: fewer on Saturdays, none on Sundays, a little more every week."""
        day = (self.now - timedelta(days=ago)).astimezone(ZONE).date()
        busy = (5.2, 4.6, 4.2, 4.4, 3.6, 0.8, 0.0)[day.weekday()] * (1.15 - ago / DAYS * 0.35)
        found = [self._usual(self._moment(day)) for _ in range(self._about(busy))]
        for place, theme in enumerate(self.told["rising"]):
            if ago <= 14 - place * 3 and day.weekday() < 6:
                found += [self._rising(theme, self._moment(day)) for _ in range(self._about(1.7 - ago / 20))]
        return sorted((case for case in found if case.at < self.now), key=lambda case: case.at)

    def _about(self, mean: float) -> int:
        return int(mean) + (self.dice.random() < mean % 1) if mean > 0 else 0

    def _moment(self, day: Any) -> datetime:
        hour = self.dice.triangular(7.5, 18.5, 10)
        return datetime.combine(day, time(), ZONE) + timedelta(hours=hour)

    def _usual(self, at: datetime) -> _Case:
        known = [name for name in WEIGHTS if name in self.categories]
        category = self.dice.choices(known, [WEIGHTS[name] for name in known])[0]
        employee = self.dice.choice(PEOPLE)
        spec, language = self.categories[category], SPOKEN.get(employee, "pt-BR")
        text = self.dice.choice(spec["examples"][language])
        return _Case(category, language, employee, text[:1].upper() + text[1:60], text, at)

    def _rising(self, theme: dict[str, Any], at: datetime) -> _Case:
        language = self.dice.choice([*["pt-BR"] * 4, *theme["says"]])
        people = [person for person in PEOPLE if SPOKEN.get(person, "pt-BR") == language]
        text = self.dice.choice(theme["says"][language])
        return _Case(theme["category"], language, self.dice.choice(people), theme["title"][language], text, at)

    def request(self, number: int, case: _Case) -> dict[str, Any]:
        """One request as it stands today."""
        dice, queue = self.dice, self.categories[case.category]["queue"]
        priority = dice.choice(PRIORITIES)
        calendar, promise = self.rules.calendar_of(queue), self.rules.promises[priority]  # type: ignore[index]
        if calendar is None:
            raise LookupError(f"the demo's queue {queue} has no hours")
        row: dict[str, Any] = {
            "number": number, "reference": f"history-{number}", "employee_id": case.employee, "conversation_id": None,
            "category_id": case.category, "title": case.title, "description": case.text, "fields": {}, "evidence": {},
            "language": case.language, "queue": queue, "assignee": dice.choice(self.told["agents"]),
            "priority": priority, "status": "open", "created_at": case.at, "responded_at": None, "solved_at": None,
            "closed_at": None, "rating": None, "rating_comment": "",
            "location": self.people[case.employee].location, "due_at": NOTHING_DUE,
            "first_response_due": due(case.at, timedelta(hours=promise.first_response), calendar),
            "resolution_due": due(case.at, timedelta(hours=promise.resolution), calendar),
        }  # fmt: skip
        answered = due(case.at, timedelta(hours=promise.first_response * dice.lognormvariate(-0.9, 0.75)), calendar)
        solved = due(answered, timedelta(hours=promise.resolution * dice.lognormvariate(-1.1, 0.95)), calendar)
        if answered < self.now:
            row["responded_at"] = answered
        is_forgotten = dice.random() > 0.97 and self.now - case.at < OPEN_SINCE
        if solved < self.now and not is_forgotten:
            self._solve(row, solved)
        elif dice.random() < 0.5:
            row["assignee"] = ""
        row["updated_at"] = row["closed_at"] or row["solved_at"] or row["responded_at"] or case.at
        row["assignee_id"] = self.accounts.get(row["assignee"])
        self._keep_promises(row)
        return row

    def _keep_promises(self, row: dict[str, Any]) -> None:
        """Mark what was late, and say what comes next for one that is open."""
        for clock, done in (("first_response", row["responded_at"]), ("resolution", row["solved_at"])):
            promised = row[f"{clock}_due"]
            row[f"{clock}_breached_at"] = promised if (done or self.now) > promised else None
        row["unanswered_since"] = row["look_at"] = None
        if row["status"] == "open":
            row["due_at"] = row["resolution_due"] if row["responded_at"] else row["first_response_due"]
            row["look_at"] = row["due_at"] if row["due_at"] > self.now else None
        if row["status"] == "open" and not row["responded_at"]:
            row.update(status="new", unanswered_since=row["created_at"], assignee="", assignee_id=None)

    def words(self, row: dict[str, Any]) -> dict[str, Any]:
        """What it can be found by."""
        words, person = words_of(row["title"], row["description"], self.people[row["employee_id"]])
        return {"number": row["number"], "words": words, "person": person}

    def _solve(self, row: dict[str, Any], solved: datetime) -> None:
        row["solved_at"], row["status"] = solved, "solved"
        closed = solved + timedelta(days=self.rules.reopen_days)
        if closed < self.now:
            row["closed_at"], row["status"] = closed, "closed"
        if self.dice.random() < 0.43:
            is_late = solved > row["resolution_due"]
            row["rating"] = self.dice.choices((1, 2, 3, 4, 5), (3, 4, 5, 5, 3) if is_late else (1, 1, 3, 9, 16))[0]
            words = self.told["comments"].get(row["rating"], {}).get(row["language"])
            row["rating_comment"] = self.dice.choice(words) if words and self.dice.random() < 0.7 else ""

    def events(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        """What happened to it; all of it was told long ago."""
        told = [_event(row, "created", "employee", row["created_at"], text=row["description"])]
        if row["responded_at"]:
            words = self.told["answers"][row["language"]]
            told.append(_event(row, "comment", "agent", row["responded_at"], text=words))
            told.append(_event(row, "status", "agent", row["responded_at"], status="open"))
        if row["solved_at"]:
            told.append(_event(row, "status", "agent", row["solved_at"], status="solved"))
        if row["closed_at"]:
            told.append(_event(row, "status", "system", row["closed_at"], status="closed"))
        return told

    def talk(self, session: Session) -> None:
        """Conversations, the questions in them, hand-offs, and a model that was tried for two weeks."""
        began = self.now - timedelta(days=DAYS)
        talks = [
            Conversation(phone_number_id=NUMBER, bsuid=f"BR.history{place:03}", created_at=began)
            for place in range(CONTACTS)
        ]
        session.add_all(talks)
        session.flush()
        ids = [talk.id for talk in talks]
        for ago in range(DAYS, 0, -1):
            day = (self.now - timedelta(days=ago)).astimezone(ZONE).date()
            for place in range(self._about((11, 10, 9, 9, 8, 2, 1)[day.weekday()] * (1.2 - ago / DAYS * 0.5))):
                at = self._moment(day)
                if at < self.now - timedelta(hours=1):
                    self._question(session, self.dice.choice(ids), at, (ago, place))

    def _question(self, session: Session, who: int, at: datetime, place: tuple[int, int]) -> None:
        dice, language = self.dice, self.dice.choice(("pt-BR", "pt-BR", "pt-BR", "es", "en"))
        category = dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        steps: list[tuple[str, timedelta]]
        if dice.random() < 0.14:
            text, article = dice.choice(self.told["unanswered"][language]), ""
            steps = [("nothing", timedelta())]
            if dice.random() < 0.5:
                steps.append(("request", timedelta(minutes=3)))
        else:
            text = dice.choice(self.categories[category]["examples"][language])
            article = dice.choice(self.told["articles"][category])
            steps = [("answered", timedelta()), *self._after_an_answer()]
        for outcome, later in steps:
            session.add(
                AnswerRecord(
                    conversation_id=who, key=f"history-{place[0]}-{place[1]}", question=text, language=language,
                    groups=[], article_id=article, articles=[article] if article else [], outcome=outcome,
                    at=at + later,
                    probability=round(dice.uniform(0.66, 0.97) if article else dice.uniform(0.02, 0.3), 2),
                )
            )  # fmt: skip
        self._turns(session, who, at, place)
        if dice.random() < 0.05:
            taken = at + timedelta(minutes=dice.lognormvariate(2.2, 0.9))
            ended = taken + timedelta(minutes=dice.lognormvariate(2.4, 0.6))
            note = HandOffNote(conversation_id=who, reason=dice.choice(REASONS), summary=self.told["summary"], at=at)
            note.taken_at, note.ended_at = (taken if dice.random() < 0.85 else None), ended
            session.add(note)

    def _after_an_answer(self) -> list[tuple[str, timedelta]]:
        luck = self.dice.random()
        if luck < 0.48:
            again = [("request", timedelta(days=self.dice.randint(1, 5)))] if self.dice.random() < 0.06 else []
            return [("resolved", timedelta(minutes=self.dice.randint(1, 25))), *again]
        if luck < 0.68:
            return [("not_resolved", timedelta(minutes=4)), ("request", timedelta(minutes=6))]
        return [] if luck < 0.96 else [("not_resolved", timedelta(minutes=5))]

    def _turns(self, session: Session, who: int, at: datetime, place: tuple[int, int]) -> None:
        is_tried = TRIED[1] <= place[0] <= TRIED[0]
        version = (DAYS - place[0]) * 1000 + place[1] + 1
        engine = "llm" if is_tried else "offline"
        session.add(
            Turn(
                conversation_id=who, version=version, at=at, engine=engine, intents="question", prompts="",
                milliseconds={},
            )
        )  # fmt: skip
        if is_tried:
            for purpose, tokens in (("understand", 1900), ("answer", 2600)):
                given = round(tokens * self.dice.uniform(0.8, 1.3))
                session.add(
                    ModelCallRow(
                        conversation_id=who, version=version, at=at, purpose=purpose, prompt="", model="gpt-4.1-mini",
                        provider="openai", outcome="ok" if self.dice.random() < 0.97 else "too_slow", tokens_in=given,
                        tokens_out=given // 12, tokens_cached=0, milliseconds=900.0, cost=given * 0.52e-6,
                    )
                )  # fmt: skip


def _event(  # noqa: PLR0913 -- what an event is made of
    row: dict[str, Any], kind: str, by: str, at: datetime, *, text: str = "", status: str | None = None
) -> dict[str, Any]:
    author = row["assignee"] if by == "agent" else ""
    is_told = by != "employee"
    return {
        "number": row["number"], "kind": kind, "by": by, "author": author, "public": True, "tell": is_told,
        "told_at": at if is_told else None, "text": text, "status": status, "at": at, "reference": None,
    }  # fmt: skip
