"""What may be said about a source, and when it runs."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.knowledge.catalogue import terms_of
from app.knowledge.errors import SourceTermsError
from app.knowledge.schedule import Schedule

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def terms(**more):
    return terms_of({"name": "rh", "kind": "folder", "location": "/kb", **more})


@pytest.mark.parametrize(("written", "meant"), [
    ("every 30 minutes", "every 30 minutes"), ("30m", "every 30 minutes"), ("60 min", "every 1 hour"),
    ("Every  6 HOURS", "every 6 hours"), ("daily at 07:30", "daily at 07:30"), ("7:30", "daily at 07:30"),
    ("manual", "manual"), ("", "manual"), ("90 minutes", "every 90 minutes"),
])  # fmt: skip
def test_a_schedule_is_understood_as_people_write_it_and_told_in_one_way(written, meant):
    assert str(Schedule.parse(written)) == meant
    assert str(Schedule.parse(meant)) == meant


@pytest.mark.parametrize(
    "written", ["0 minutes", "weekly", "25:00", "every 9999 hours", "7:60", "-5m", "every day", "٣m"]
)
def test_a_schedule_that_is_none_is_a_sentence(written):
    with pytest.raises(SourceTermsError, match="every 30 minutes"):
        terms(schedule=written)


@given(st.text(max_size=20))
def test_any_words_are_a_schedule_or_a_sentence(written):
    told = "daily at"
    try:
        told = str(Schedule.parse(written)) and told
    except ValueError as error:
        told = str(error)
    assert "daily at" in told


def test_daily_means_the_clock_of_the_company_also_when_it_is_set():
    daily = Schedule.parse("02:30")
    assert daily.following(datetime(2026, 11, 24, 5, 30, tzinfo=UTC), SAO_PAULO) == datetime(
        2026, 11, 25, 5, 30, tzinfo=UTC
    )
    assert daily.following(datetime(2026, 11, 24, 5, 29, tzinfo=UTC), SAO_PAULO) == datetime(
        2026, 11, 24, 5, 30, tzinfo=UTC
    )
    madrid = ZoneInfo("Europe/Madrid")
    spring, autumn = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert daily.following(spring, madrid) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 02:30 is skipped there
    assert daily.following(autumn, madrid) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # it comes twice


@given(st.timedeltas(timedelta(), timedelta(days=365)), st.times())
def test_the_next_time_is_always_later_and_within_two_days(after, at):
    now = datetime(2026, 1, 1, tzinfo=UTC) + after
    for zone in (SAO_PAULO, ZoneInfo("Europe/Madrid")):
        following = Schedule(daily=at.replace(second=0, microsecond=0, tzinfo=None)).following(now, zone)
        assert now < following <= now + timedelta(days=2)


@pytest.mark.parametrize(
    ("written", "kept"), [("180d", "180 days"), ("1 day", "1 days"), ("2027-03-31", "2027-03-31"), ("", "")]
)
def test_a_review_is_a_date_or_days_after_the_last_change(written, kept):
    told = terms(review_by=written)
    assert told.review_by == kept
    due = told.review_for(date(2026, 1, 1))
    assert due == {"180 days": date(2026, 6, 30), "1 days": date(2026, 1, 2), "2027-03-31": date(2027, 3, 31)}.get(kept)


@pytest.mark.parametrize(("more", "why"), [
    ({"name": "R H"}, "name"), ({"name": "a" * 41}, "name"), ({"name": "a:b"}, "name"),
    ({"name": "written"}, "taken"), ({"kind": "ftp"}, "kind"),
    ({"location": ""}, "location"), ({"language": "fr"}, "language"), ({"review_by": "soon"}, "use a date"),
    ({"review_by": "0d"}, "use a date"), ({"audience": ("",)}, "audience"), ({"color": "red"}, "color"),
    ({"options": {"url_template": "https://x/{evil}"}}, "only {path}"),
    ({"options": {"url_template": "https://x/{path.__class__}"}}, "only {path}"),
    ({"options": {"url_template": "javascript:{path}"}}, "http"),
])  # fmt: skip
def test_what_cannot_be_is_a_sentence(more, why):
    with pytest.raises(SourceTermsError, match=why) as told:
        terms(**more)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(("source", "own", "readers"), [
    ((), (), ()), (("rh",), (), ("rh",)), ((), ("ti",), ("ti",)), (("rh", "ti"), ("ti", "x"), ("ti",)),
    (("rh",), ("ti",), None),
])  # fmt: skip
def test_an_article_may_narrow_its_sources_readers_and_never_widen_them(source, own, readers):
    assert terms(audience=source).readers(own) == readers


def test_whatever_decides_what_an_article_becomes_is_in_the_seal():
    before = terms().seal
    for more in (
        {"audience": ("x",)},
        {"language": "es"},
        {"owner": "Ana"},
        {"review_by": "9d"},
        {"options": {"plain": False}},
    ):
        assert terms(**more).seal != before
    for more in ({"schedule": "9m"}, {"enabled": False}, {"location": "/else"}):
        assert terms(**more).seal == before
