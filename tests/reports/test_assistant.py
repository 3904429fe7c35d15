"""Confirmed, assumed, came back, passed on, abandoned, too early: each question has exactly one fate."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.db.models import HandOffNote
from app.reports.assistant import AGAIN, SILENCE, Question, assistant, judge, read
from app.reports.choice import Choice
from app.reports.period import Period
from tests.reports.past import conversation, question

NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
AT = datetime(2026, 11, 10, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MONTH = Choice(Period(date(2026, 11, 1), date(2026, 11, 24), ZoneInfo("America/Sao_Paulo")))


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)  # test_others and test_volume ask both


@pytest.fixture
def who(session) -> int:
    return conversation(session, AT)


def fates(session, now: datetime = NOW) -> dict[str, str]:
    questions, handed = read(session, AT - 30 * DAY, NOW + AGAIN, "")
    return {one.question.text: one.fate for one in judge(questions, handed, now)}


@pytest.mark.parametrize(
    ("outcomes", "fate"),
    [
        ([("answered", 0 * MINUTE), ("resolved", 2 * MINUTE)], "confirmed"),
        ([("offered", 0 * MINUTE), ("answered", MINUTE), ("resolved", 2 * MINUTE)], "confirmed"),
        ([("answered", 0 * MINUTE)], "assumed"),
        ([("outside", 0 * MINUTE)], "assumed"),
        ([("answered", 0 * MINUTE), ("resolved", MINUTE), ("request", 3 * DAY)], "reopened"),
        ([("answered", 0 * MINUTE), ("resolved", MINUTE), ("request", 8 * DAY)], "confirmed"),
        ([("answered", 0 * MINUTE), ("request", 3 * DAY)], "reopened"),
        ([("answered", 0 * MINUTE), ("not_resolved", MINUTE), ("request", 5 * MINUTE)], "passed_on"),
        ([("nothing", 0 * MINUTE), ("request", 5 * MINUTE)], "passed_on"),
        ([("request", 0 * MINUTE)], "passed_on"),
        ([("nothing", 0 * MINUTE)], "abandoned"),
        ([("offered", 0 * MINUTE)], "abandoned"),
        ([("answered", 0 * MINUTE), ("not_resolved", MINUTE)], "abandoned"),
    ],
)
def test_what_a_question_came_to(outcomes, fate):
    asked = Question(1, "q", "pt-BR", AT, {outcome: AT + later for outcome, later in outcomes}, set())
    assert [one.fate for one in judge([asked], {}, NOW)] == [fate]


def test_asked_again_with_the_same_article_or_the_same_words_has_come_back(session, who):
    other = conversation(session, AT + HOUR)
    question(session, who, "vpn cai toda hora", ("answered", AT), ("resolved", AT + MINUTE), article="vpn")
    question(session, who, "de novo aquilo", ("answered", AT + 2 * DAY), ("resolved", AT + 2 * DAY), article="vpn")
    question(session, other, "impressora sem papel", ("answered", AT), text="impressora sem papel")
    question(session, other, "k2", ("answered", AT + 2 * DAY), text="impressora continua sem papel")
    assert fates(session) == {
        "vpn cai toda hora": "reopened", "de novo aquilo": "confirmed", "impressora sem papel": "reopened",
        "impressora continua sem papel": "assumed",
    }  # fmt: skip


def test_another_matter_of_the_same_person_says_nothing(session, who):
    question(session, who, "senha expirou", ("answered", AT), ("resolved", AT + MINUTE), article="password")
    question(session, who, "quero um crachá novo", ("answered", AT + DAY), article="badge")
    assert fates(session) == {"senha expirou": "confirmed", "quero um crachá novo": "assumed"}


def test_a_conversation_that_went_to_a_person_was_passed_on_and_not_answered(session, who):
    question(session, who, "q", ("answered", AT))
    session.add(HandOffNote(conversation_id=who, reason="asked", summary="", at=AT + HOUR))
    session.flush()
    assert fates(session) == {"q": "passed_on"}


def test_nothing_is_said_before_the_silence_is_over(session, who):
    question(session, who, "q", ("answered", AT))
    assert fates(session, AT + SILENCE - MINUTE) == {"q": "too_early"}
    assert fates(session, AT + SILENCE) == {"q": "assumed"}


def test_every_question_is_counted_once_on_the_day_it_was_asked(session, who):
    question(session, who, "a", ("answered", datetime(2026, 11, 11, 2, tzinfo=UTC)))  # the 10th in São Paulo
    question(session, who, "b", ("nothing", AT))
    question(session, who, "old", ("answered", AT - 30 * DAY), ("resolved", AT))  # asked before the period
    found = assistant(session, MONTH, NOW)
    assert (found.asked, found.conversations) == (2, 1)
    assert found.by_day["assumed"][9] == found.by_day["abandoned"][9] == 1
    assert sum(map(sum, found.by_day.values())) == found.asked == sum(found.by_language["pt-BR"].values())
    assert assistant(session, Choice(MONTH.period, language="es"), NOW).asked == 0
