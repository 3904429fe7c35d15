"""Satisfaction, hand-offs, spending and themes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.db.models import HandOffNote, Turn
from app.reports.assistant import assistant
from app.reports.choice import Choice
from app.reports.hand_offs import hand_offs
from app.reports.period import Period
from app.reports.promises import promises
from app.reports.satisfaction import satisfaction, weighed
from app.reports.spending import spending
from app.reports.themes import requests_said, themes, trend
from app.thinking.models import ModelCallRow
from tests.reports.past import conversation, found_desk, question, request

AT = datetime(2026, 11, 17, 12, tzinfo=UTC)
WEEK = Choice(Period(date(2026, 11, 16), date(2026, 11, 22), ZoneInfo("America/Sao_Paulo")))
DAY = timedelta(days=1)


def test_ratings_are_of_what_was_solved_and_comments_of_who_was_not_content(session):
    found_desk(session)
    request(session, 1, AT, ("solved", AT), rating=5, rating_comment="ótimo")
    request(session, 2, AT, ("solved", AT), rating=2, rating_comment="demorou")
    request(session, 3, AT, ("solved", AT))
    request(session, 4, AT, ("solved", AT + 9 * DAY), rating=1, rating_comment="later")
    found = satisfaction(session, WEEK)
    assert found.stars == {1: 0, 2: 1, 3: 0, 4: 0, 5: 1}
    assert (found.answered.hits, found.answered.of, found.mean.value) == (2, 3, None)
    assert [(one.number, one.text) for one in found.comments] == [(2, "demorou")]
    assert found.by_queue["ti"].answered.of == 3


def test_a_mean_is_told_from_ten_ratings_on():
    assert weighed([("ti", 5, 9)]).mean.value is None
    assert weighed([("ti", 5, 5), ("ti", 3, 5), ("ti", None, 10)]).mean.value == 4
    assert weighed([]).answered.of == 0


def test_hand_offs_wait_by_the_clock_and_those_not_over_are_told_apart(session):
    who = conversation(session, AT)
    for reason, minutes in (("asked", 10), ("asked", 30), ("no_article", None)):
        taken = AT + timedelta(minutes=minutes) if minutes else None
        session.add(HandOffNote(conversation_id=who, reason=reason, summary="", at=AT, taken_at=taken))
    session.add(HandOffNote(conversation_id=who, reason="asked", summary="", at=AT, ended_at=AT + timedelta(hours=9)))
    session.add(HandOffNote(conversation_id=who, reason="asked", summary="", at=AT - 9 * DAY))
    session.flush()
    found = hand_offs(session, WEEK)
    assert (found.whole.count, found.whole.waiting, found.whole.unattended) == (4, 1, 1)
    assert found.whole.median_minutes == 10
    assert list(found.by_reason) == ["asked", "no_article"]
    assert found.by_day == (0, 4, 0, 0, 0, 0, 0)


def test_a_model_costs_by_day_and_the_embedded_engine_only_counts(session):
    who = conversation(session, AT)
    for version, engine in ((1, "offline"), (2, "llm")):
        session.add(
            Turn(conversation_id=who, version=version, at=AT, engine=engine, intents="", prompts="", milliseconds={})
        )
    for outcome, cost in (("ok", 0.25), ("too_slow", 0.5)):
        session.add(
            ModelCallRow(
                conversation_id=who, version=2, at=AT, purpose="answer", prompt="", model="m", provider="p",
                outcome=outcome, tokens_in=10, tokens_out=2, tokens_cached=0, milliseconds=1.0, cost=cost,
            )
        )  # fmt: skip
    session.flush()
    found = spending(session, WEEK)
    assert (found.cost, found.calls, found.purposes[0].failed, found.conversations) == (0.75, 2, 1, 1)
    assert found.by_day == (0, 0.75, 0, 0, 0, 0, 0)
    assert found.turns == {"offline": 1, "llm": 1}
    assert spending(session, WEEK.before).by_day == (0,) * 7


def test_what_rises_stands_first_and_one_thing_in_two_languages_is_one_theme(session):
    found_desk(session)
    vpn = ["a vpn cai depois da atualização", "vpn caindo após a atualização", "la vpn se cae tras la actualización",
           "vpn cai toda hora com a atualização"]  # fmt: skip
    for place, text in enumerate(vpn):
        language = "es" if text.startswith("la") else "pt-BR"
        request(session, place + 1, AT + place * timedelta(hours=1), description=text, language=language)
    for place in range(3):
        request(session, place + 11, AT - 8 * DAY, description="esqueci minha senha do windows")
    request(session, 20, AT, description="esqueci minha senha do windows")
    found = themes(requests_said(session, WEEK), WEEK)
    assert (found[0].count, found[0].before, found[0].trend) == (4, 0, "new")
    assert "vpn" in " ".join(found[0].words)
    assert (found[1].count, found[1].before, found[1].trend) == (1, 3, "steady")
    assert found[0].by_day[1] == 4


def test_fates_are_counted_from_the_store(session):
    who = conversation(session, AT)
    question(session, who, "a", ("answered", AT), ("resolved", AT))
    question(session, who, "b", ("nothing", AT))
    found = assistant(session, WEEK, AT + 9 * DAY)
    assert (found.counts["confirmed"], found.counts["abandoned"], found.asked) == (1, 1, 2)


def test_a_broken_promise_is_told_with_its_request(session):
    found_desk(session)
    request(session, 1, AT)
    found = promises(session, WEEK, AT + 9 * DAY)
    assert [(step, one.number) for step, one in found.broken] == [("first_response", 1), ("resolution", 1)]


def test_small_changes_are_no_trend():
    assert [trend(*pair) for pair in ((2, 0), (3, 0), (5, 3), (9, 3), (3, 9), (20, 18))] == [
        "steady", "new", "steady", "rising", "falling", "steady",
    ]  # fmt: skip
