"""Days are the viewer's, and as long as they really are."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.reports.period import LONGEST, Period, between, last_days

SAO_PAULO, MADRID = ZoneInfo("America/Sao_Paulo"), ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)  # still the 23rd in São Paulo, the 24th in Madrid


def test_today_is_the_day_of_whoever_looks():
    assert last_days(7, NOW, SAO_PAULO).last == date(2026, 11, 23)
    assert last_days(7, NOW, MADRID).last == date(2026, 11, 24)
    assert len(last_days(7, NOW, MADRID).days) == 7


def test_a_day_with_a_clock_change_is_as_long_as_it_is():
    begins, ends = Period(date(2026, 10, 25), date(2026, 10, 25), MADRID).bounds
    assert ends - begins == timedelta(hours=25)


def test_the_period_before_is_as_long_and_ends_where_this_one_begins():
    period = Period(date(2026, 3, 1), date(2026, 3, 31), MADRID)
    assert period.before.ends == period.begins
    assert len(period.before.days) == 31


def test_days_of_ones_own_are_put_in_order_and_never_reach_beyond_today():
    asked = between(date(2026, 12, 31), date(2026, 11, 1), NOW, SAO_PAULO)
    assert (asked.first, asked.last) == (date(2026, 11, 1), date(2026, 11, 23))
    assert len(between(date(1990, 1, 1), date(2026, 1, 1), NOW, SAO_PAULO).days) == LONGEST
