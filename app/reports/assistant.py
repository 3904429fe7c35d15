"""What became of the questions put to the assistant, each counted once and nothing called solved that nobody said so.

Every question of the period has exactly one fate:

confirmed  the employee tapped "it helped" (or said so), and within `AGAIN` did not come back with it
assumed    it was answered, and within `SILENCE` nothing more came of it: no tap, no request, no person, not asked again
reopened   it was confirmed or would be assumed, but within `AGAIN` it was asked again or became a request
passed_on  within `SILENCE` it became a request, or the conversation went to a person
abandoned  it got no answer (nothing was found, or titles were offered and none opened), or was told that it did not
           help, and nothing followed
too_early  nothing is known yet: `SILENCE` is not over

"Asked again" is a later question of the same conversation that was shown the same article or has mostly the same words.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import AnswerRecord, HandOffNote
from app.reports.choice import Choice
from retrieval.words import words

Fate = Literal["confirmed", "assumed", "reopened", "passed_on", "abandoned", "too_early"]
FATES: tuple[Fate, ...] = get_args(Fate)
SILENCE = timedelta(hours=24)
AGAIN = timedelta(days=7)
ASKING = frozenset({"answered", "offered", "outside", "nothing", "request"})  # without one of these it began earlier
ALIKE = 0.5  # of all the words of two questions, the share that both have
MOST = 200_000  # records of a period and what follows it


@dataclass
class Question:
    """One question with all that was noted of it."""

    conversation_id: int
    text: str
    language: str
    at: datetime
    outcomes: dict[str, datetime]  # when each first came
    articles: set[str]

    @cached_property
    def terms(self) -> frozenset[str]:
        """Its words, folded, without the shortest."""
        return frozenset(word for word in words(self.text) if len(word) > 2)

    def is_again(self, other: "Question") -> bool:
        """Whether the other is the same matter."""
        if self.articles & other.articles:
            return True
        mine, theirs = self.terms, other.terms
        return len(mine & theirs) >= ALIKE * len(mine | theirs) > 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A question's fate."""

    question: Question
    fate: Fate


@dataclass(frozen=True, slots=True)
class Assistant:
    """Questions by fate: all, by day, by language; and how many conversations they were in."""

    counts: dict[Fate, int]
    by_day: dict[Fate, tuple[int, ...]]
    by_language: dict[str, dict[Fate, int]]
    conversations: int

    @property
    def asked(self) -> int:
        """All questions."""
        return sum(self.counts.values())


def assistant(session: Session, choice: Choice, now: datetime) -> Assistant:
    """Judge the questions first asked in the period."""
    period = choice.period
    questions, handed = read(session, period.begins - AGAIN, period.ends + AGAIN, choice.language)
    within = [one for one in judge(questions, handed, now) if period.begins <= one.question.at < period.ends]
    return tallied(within, period.days, period.zone)


def tallied(judged: Sequence[Judged], days: Sequence[date], zone: ZoneInfo) -> Assistant:
    """Count them; a question is of the day on which it was asked."""
    cells = Counter((one.fate, one.question.at.astimezone(zone).date()) for one in judged)
    tongues = Counter((one.question.language, one.fate) for one in judged)
    counts = Counter(one.fate for one in judged)
    return Assistant(
        counts={fate: counts[fate] for fate in FATES},
        by_day={fate: tuple(cells[fate, day] for day in days) for fate in FATES},
        by_language={
            code: {fate: tongues[code, fate] for fate in FATES} for code in sorted({code for code, _ in tongues})
        },
        conversations=len({one.question.conversation_id for one in judged}),
    )


def read(
    session: Session, since: datetime, until: datetime, language: str
) -> tuple[list[Question], dict[int, list[datetime]]]:
    """Questions first asked in that time with all that was noted of them until then, and hand-offs by conversation."""
    record = AnswerRecord
    columns = (
        record.id, record.conversation_id, record.key, record.question, record.language, record.article_id,
        record.articles, record.outcome, record.at,
    )  # fmt: skip
    wanted = [record.at >= since, record.at < until]
    if language:
        wanted.append(record.language == language)
    rows = session.execute(select(*columns).where(*wanted).order_by(record.id).limit(MOST))
    found: dict[tuple[int, str], Question] = {}
    for row_id, conversation_id, key, text, spoken, article, articles, outcome, at in rows:
        question = found.setdefault(
            (conversation_id, key or f"#{row_id}"), Question(conversation_id, text, spoken, at, {}, set())
        )
        question.outcomes.setdefault(outcome, at)
        question.articles.update(articles, [article] if article else [])
    notes = select(HandOffNote.conversation_id, HandOffNote.at).where(HandOffNote.at >= since, HandOffNote.at < until)
    handed: dict[int, list[datetime]] = defaultdict(list)
    for conversation_id, at in session.execute(notes.order_by(HandOffNote.at)):
        handed[conversation_id].append(at)
    return [question for question in found.values() if ASKING & question.outcomes.keys()], handed


def judge(questions: Iterable[Question], handed: dict[int, list[datetime]], now: datetime) -> list[Judged]:
    """Give each question its fate; knows no SQL."""
    by_conversation: dict[int, list[Question]] = defaultdict(list)
    for question in questions:
        by_conversation[question.conversation_id].append(question)
    judged = []
    for conversation_id, asked in by_conversation.items():
        asked.sort(key=lambda question: question.at)
        people = handed.get(conversation_id, [])
        judged += [Judged(one, _fate(one, asked[place + 1 :], people, now)) for place, one in enumerate(asked)]
    return judged


def _fate(question: Question, later: Sequence[Question], handed: Sequence[datetime], now: datetime) -> Fate:
    soon = question.at + SILENCE
    again = next((one.at for one in later if one.at < question.at + AGAIN and question.is_again(one)), None)
    became = question.outcomes.get("request")
    returned = min((at for at in (again, became) if at is not None), default=None)
    if "resolved" in question.outcomes:
        helped = question.outcomes["resolved"]
        is_back = returned is not None and helped < returned < helped + AGAIN
        return "reopened" if is_back else "confirmed"
    if (became is not None and became < soon) or _went_to_a_person(question.at, soon, handed):
        return "passed_on"
    is_answered = bool(question.outcomes.keys() & {"answered", "outside"}) and "not_resolved" not in question.outcomes
    if is_answered and returned is not None:
        return "reopened"
    if now < soon:
        return "too_early"
    return "assumed" if is_answered else "abandoned"


def _went_to_a_person(since: datetime, until: datetime, handed: Sequence[datetime]) -> bool:
    place = bisect_left(handed, since)
    return place < len(handed) and handed[place] < until
