"""Promises kept, broken, running; how long it took in working hours."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.reports.choice import Choice
from app.reports.numbers import FEW, mean, percentile
from app.reports.period import Period
from app.reports.promises import promises
from app.reports.working_time import WorkingTime
from tests.reports.past import RULES, found_desk, request

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
WEEKS = Choice(Period(date(2026, 11, 2), date(2026, 11, 24), ZONE))


@pytest.fixture
def store_url(stores, tmp_path) -> str:
    return stores.sqlite(tmp_path)  # test_others and test_volume ask both


def local(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=ZONE)


def test_each_request_is_kept_broken_running_or_no_promise_at_all(session):
    found_desk(session)
    request(session, 1, local(16, 9), responded_at=local(16, 10))
    request(session, 2, local(16, 9), responded_at=local(17, 9))
    request(session, 3, local(16, 9))  # nobody answered, and its time has passed
    request(session, 4, NOW - timedelta(hours=1))  # still running
    request(session, 5, local(16, 9), ("cancelled", local(16, 10)))
    request(session, 6, local(16, 9), paused_since=local(16, 10))  # waits for the employee
    request(session, 7, local(16, 9), responded_at=local(16, 10), first_response_breached_at=local(16, 10))
    found = promises(session, WEEKS, NOW).whole["first_response"]
    assert (found.share.hits, found.share.of, found.running, found.done) == (1, 4, 2, 3)
    assert found.share.value is None  # of four nothing is told
    assert [one.number for step, one in promises(session, WEEKS, NOW).broken if step == "first_response"] == [7, 3, 2]


def test_a_solution_without_a_word_before_is_the_first_response_too(session):
    found_desk(session)
    request(session, 1, local(16, 9), ("solved", local(16, 11)))
    assert promises(session, WEEKS, NOW).whole["first_response"].share.hits == 1


def test_hours_are_the_queues_and_pauses_are_no_part_of_them(session):
    found_desk(session)
    friday, monday = local(20, 17), local(23, 10)
    request(session, 1, friday, ("solved", monday), resolution_due=local(24, 18), paused_seconds=3600)
    assert promises(session, WEEKS, NOW).whole["resolution"].median_hours == 2.0  # 1 + 2 - 1


def test_a_queue_without_hours_has_promises_and_no_durations(session):
    found_desk(session)
    request(session, 1, local(16, 9), responded_at=local(16, 10), queue="gone")
    found = promises(session, WEEKS, NOW).by_queue["gone"]["first_response"]
    assert (found.share.hits, found.median_hours) == (1, None)


def test_working_time_agrees_with_the_desks_own_arithmetic():
    from app.desk.calendar import working_between

    calendar = RULES.calendars["office"]
    clock = WorkingTime(calendar, local(2, 9), NOW)
    for since, until in (
        (local(2, 9), local(2, 9)),
        (local(6, 17), local(9, 9)),
        (local(7, 3), local(8, 5)),
        (local(3, 9), NOW),
    ):
        assert clock.between(since, until) == working_between(since, until, calendar)
    assert clock.between(NOW, local(2, 9)) == timedelta()


def test_few_numbers_tell_no_mean_and_many_an_interval():
    assert mean([5] * (FEW - 1), 1, 5).value is None
    told = mean([1, 5] * 10, 1, 5)
    assert told.value == 3
    assert 2.03 < told.low < 2.05  # Student's t with 19 degrees of freedom
    assert mean([5] * 50, 1, 5).high == 5
    assert percentile([], 0.5) is None
    assert percentile([4, 1, 3, 2], 0.5) == 2
    assert percentile([1, 2, 3], 0.9) == 3
