"""Business hours, across clock changes, holidays and midnights."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.desk.calendar import WEEKDAYS, Calendar, due, is_open, opens_at

WEEK = [["09:00", "12:00"], ["13:00", "18:00"]]
OFFICE = Calendar.model_validate(
    {
        "timezone": "America/Sao_Paulo",
        "hours": dict.fromkeys(WEEKDAYS[:5], WEEK),
        "holidays": ["2026-11-20", "2026-12-25"],
    }
)
ZONES = ("America/Sao_Paulo", "America/Bogota", "America/New_York", "America/Santiago", "Europe/Madrid", "Asia/Beirut")
moments = st.datetimes(datetime(2016, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis wants them naive
spans = st.integers(0, 60 * 60 * 120).map(lambda seconds: timedelta(seconds=seconds))


def always(zone: str) -> Calendar:
    return Calendar.model_validate({"timezone": zone, "hours": {day: [["00:00", "24:00"]] for day in WEEKDAYS}})


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    minutes = draw(st.lists(st.integers(0, 24 * 60), min_size=2, max_size=6, unique=True).map(sorted))
    clocks = [f"{minute // 60:02}:{minute % 60:02}" for minute in minutes]
    pairs = [[opens, closes] for opens, closes in zip(clocks[::2], clocks[1::2], strict=False)]
    days = draw(st.sets(st.sampled_from(WEEKDAYS), min_size=1))
    holidays = draw(st.sets(st.dates(datetime(2016, 1, 1).date(), datetime(2030, 1, 1).date()), max_size=5))  # noqa: DTZ001 -- dates
    zone = draw(st.sampled_from(ZONES))
    return Calendar.model_validate({"timezone": zone, "hours": dict.fromkeys(days, pairs), "holidays": holidays})


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo("America/Sao_Paulo"))  # type: ignore[misc, arg-type]


@given(calendars(), moments, st.integers(1, 36_000), st.integers(0, 36_000))
def test_time_adds_up_and_never_runs_backwards(calendar: Calendar, start: datetime, first: int, more: int) -> None:
    one, two = timedelta(seconds=first), timedelta(seconds=more)
    middle = due(start, one, calendar)
    assert start + one <= middle <= due(start, one + two, calendar)
    assert due(middle, two, calendar) == due(start, one + two, calendar)
    assert due(start, two, calendar) <= due(start + one, two, calendar)


@given(calendars(), moments, st.integers(1, 36_000))
def test_a_promise_falls_into_working_hours(calendar: Calendar, start: datetime, seconds: int) -> None:
    moment = due(start, timedelta(seconds=seconds), calendar)
    assert is_open(calendar, moment - timedelta(microseconds=1))
    assert moment.astimezone(ZoneInfo(calendar.timezone)).date() not in calendar.holidays or (
        (moment - timedelta(microseconds=1)).astimezone(ZoneInfo(calendar.timezone)).date() not in calendar.holidays
    )


@given(calendars(), moments)
def test_the_next_opening_is_open_and_nothing_before_it(calendar: Calendar, now: datetime) -> None:
    opening = opens_at(calendar, now)
    assert opening >= now
    assert is_open(calendar, opening)
    assert is_open(calendar, now) == (opening == now)
    if opening > now:
        assert not is_open(calendar, opening - timedelta(microseconds=1))


@given(st.sampled_from(ZONES), moments, spans)
def test_around_the_clock_is_plain_time_even_when_clocks_change(zone: str, start: datetime, span: timedelta) -> None:
    assert due(start, span, always(zone)) == start + span
    assert is_open(always(zone), start)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        (local(2026, 11, 23, 10), 1, local(2026, 11, 23, 11)),
        (local(2026, 11, 23, 11), 2, local(2026, 11, 23, 14)),
        (local(2026, 11, 23, 12, 30), 1, local(2026, 11, 23, 14)),
        (local(2026, 11, 19, 17), 2, local(2026, 11, 23, 10)),
        (local(2026, 11, 21, 3), 8, local(2026, 11, 23, 18)),
        (local(2026, 11, 23, 3), 24, local(2026, 11, 25, 18)),
    ],
)
def test_lunch_nights_weekends_and_holidays_do_not_count(start: datetime, hours: float, end: datetime) -> None:
    assert due(start, timedelta(hours=hours), OFFICE) == end


def test_an_hour_that_is_skipped_is_not_worked_and_one_that_repeats_is() -> None:
    night = Calendar.model_validate(
        {"timezone": "America/New_York", "hours": {day: [["00:00", "04:00"]] for day in WEEKDAYS}}
    )
    spring, autumn = datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)
    assert due(spring, timedelta(hours=3), night) == datetime(2026, 3, 8, 8, tzinfo=UTC)
    assert due(autumn, timedelta(hours=5), night) == datetime(2026, 11, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Mars/Olympus"},
        {"hours": {}},
        {"hours": {"monday": []}},
        {"hours": {"monday": [["18:00", "09:00"]]}},
        {"hours": {"monday": [["09:00", "13:00"], ["12:00", "18:00"]]}},
        {"hours": {"monday": [["9h", "18:00"]]}},
        {"hours": {"monday": [["09:00", "25:00"]]}},
        {"hours": {"funday": [["09:00", "18:00"]]}},
        {"holidays": ["soon"]},
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    good = {"timezone": "UTC", "hours": {"monday": [["09:00", "18:00"]]}}
    with pytest.raises(ValidationError):
        Calendar.model_validate({**good, **wrong})
