"""Opened, solved, reopened and open by day, on both stores."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.reports.breakdown import by_category, by_location
from app.reports.choice import Choice
from app.reports.period import Period
from app.reports.volume import volume
from tests.reports.past import found_desk, request

ZONE = ZoneInfo("America/Sao_Paulo")
WEEK = Choice(Period(date(2026, 11, 16), date(2026, 11, 20), ZONE))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def desk(session):
    found_desk(session)
    return session


def test_nothing_happened(desk):
    found = volume(desk, WEEK, NOW)
    assert found.opened == found.solved == found.backlog == (0,) * 5


def test_a_request_reopened_twice_is_solved_three_times_and_open_between(desk):
    request(
        desk, 1, local(16, 9),
        ("open", local(16, 10)), ("solved", local(16, 11)), ("open", local(17, 9)), ("solved", local(18, 9)),
        ("closed", local(18, 12)), ("open", local(19, 9)), ("waiting", local(19, 10)), ("open", local(19, 11)),
        ("solved", local(19, 23, 59)),
    )  # fmt: skip
    found = volume(desk, WEEK, NOW)
    assert found.opened == (1, 0, 0, 0, 0)
    assert found.solved == (1, 0, 1, 1, 0)
    assert found.reopened == (0, 1, 0, 1, 0)
    assert found.backlog == (0, 1, 0, 0, 0)


def test_midnight_is_the_viewers(desk):
    request(desk, 1, local(16, 23, 59))
    request(desk, 2, local(17, 0))
    assert volume(desk, WEEK, NOW).opened == (1, 1, 0, 0, 0)
    bogota = Choice(Period(date(2026, 11, 16), date(2026, 11, 20), ZoneInfo("America/Bogota")))
    assert volume(desk, bogota, NOW).opened == (2, 0, 0, 0, 0)


def test_what_happens_after_the_period_does_not_change_its_end(desk):
    request(desk, 1, local(13, 9), ("cancelled", local(21, 9)))
    request(desk, 2, local(17, 9), ("closed", local(18, 9)))  # as when requests are merged: closed without a solution
    request(desk, 3, local(18, 9), ("solved", local(21, 9)), ("open", local(22, 9)))
    request(desk, 4, local(21, 9))
    found = volume(desk, WEEK, NOW)
    assert found.backlog == (1, 2, 2, 2, 2)
    assert found.solved == (0, 0, 1, 0, 0)
    assert volume(desk, Choice(Period(date(2026, 11, 16), date(2026, 11, 23), ZONE)), NOW).backlog[-1] == 2


def test_filters_hold_for_every_count(desk):
    request(desk, 1, local(16, 9), ("solved", local(17, 9)))
    request(desk, 2, local(16, 9), ("solved", local(17, 9)), employee_id="rui", category_id="office", language="es")
    for choice in (
        Choice(WEEK.period, location="Manaus"), Choice(WEEK.period, categories=("office",)),
        Choice(WEEK.period, language="es"),
    ):  # fmt: skip
        found = volume(desk, choice, NOW)
        assert (sum(found.opened), sum(found.solved)) == (1, 1)
    assert sum(volume(desk, Choice(WEEK.period, queue="other"), NOW).opened) == 0


def test_parts_stand_beside_those_of_the_period_before(desk):
    request(desk, 1, local(16, 9))
    request(desk, 2, local(17, 9), employee_id="rui")
    request(desk, 3, local(13, 9), category_id="office")
    assert [(part.name, part.count, part.before) for part in by_category(desk, WEEK)] == [
        ("password", 2, 0), ("office", 0, 1),
    ]  # fmt: skip
    places = {part.name: part.count for part in by_location(desk, WEEK)}
    assert places == {"Recife": 1, "Manaus": 1}
    assert WEEK.before.period.days[-1] == date(2026, 11, 15)
    assert WEEK.before.period.begins + timedelta(days=5) == WEEK.period.begins
