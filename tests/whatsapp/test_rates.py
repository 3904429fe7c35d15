"""Never faster than Meta allows, and never slower than it must be."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.whatsapp.rates import NOW, PairRate, Rates, pair_pause

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
STEPS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3000)), max_size=400)


def sent(steps, rates):
    """Play tries at growing times; returns who was sent to and when."""
    now, out = START, []
    for who, milliseconds in steps:
        now += timedelta(milliseconds=milliseconds)
        if rates.take(who, now) == NOW:
            out.append((who, now))
    return out


@given(STEPS)
def test_no_person_ever_gets_more_than_45_and_one_for_each_6_seconds(steps):
    out = sent(steps, Rates())
    for who in "abc":
        moments = [at for name, at in out if name == who]
        for first in range(len(moments)):
            for last in range(first, len(moments)):
                seconds = (moments[last] - moments[first]).total_seconds()
                assert last - first + 1 <= 45 + seconds / 6


@given(st.lists(st.integers(0, 30), max_size=400), st.integers(1, 20))
def test_no_second_ever_has_more_messages_than_the_number_may_send(gaps, limit):
    rates, now, moments = Rates(limit), START, []
    for place, gap in enumerate(gaps):
        now += timedelta(milliseconds=gap)
        if rates.take(f"person {place}", now) == NOW:
            moments.append(now)
    for place in range(len(moments) - limit):
        assert moments[place + limit] - moments[place] >= timedelta(seconds=1)


@given(STEPS)
def test_whoever_waits_as_long_as_told_may_send(steps):
    rates, now = Rates(20), START
    for who, milliseconds in steps:
        now += timedelta(milliseconds=milliseconds)
        now += rates.take(who, now)
        if rates.pairs.wait(who, now) == rates.number.wait(now) == NOW:
            assert rates.take(who, now) == NOW


def test_45_go_at_once_and_the_next_waits_six_seconds():
    rates = PairRate()
    for _ in range(45):
        assert rates.wait("ana", START) == NOW
        rates.take("ana", START)
    assert rates.wait("ana", START) == timedelta(seconds=6)
    assert rates.wait("bia", START) == NOW


def test_after_a_refusal_there_is_silence_and_then_one_every_six_seconds():
    rates = PairRate()
    rates.take("ana", START)
    until = START + timedelta(seconds=16)
    rates.pause("ana", until)
    assert rates.wait("ana", START) == timedelta(seconds=16)
    assert rates.wait("ana", until) == NOW
    rates.take("ana", until)
    assert rates.wait("ana", until) == timedelta(seconds=6)


def test_messages_that_come_in_count_too():
    rates = Rates(2)
    rates.count_inbound(START)
    rates.count_inbound(START)
    assert rates.take("ana", START) == timedelta(seconds=1)


def test_a_paused_number_sends_nothing_until_then():
    rates = Rates()
    rates.number.pause(START + timedelta(seconds=5))
    assert rates.take("ana", START) == timedelta(seconds=5)
    assert rates.take("ana", START + timedelta(seconds=5)) == NOW


def test_a_clock_set_back_stops_nobody_for_long():
    rates = Rates(1)
    assert rates.take("ana", START) == NOW
    assert rates.take("bia", START - timedelta(hours=1)) <= timedelta(hours=1, seconds=1)


def test_people_whose_debt_is_paid_are_forgotten():
    rates = PairRate()
    for number in range(1023):
        rates.take(f"person {number}", START)
    rates.take("last", START + timedelta(hours=1))
    assert set(rates.paid_at) == {"last"}


def test_the_pause_after_a_refusal_grows_fourfold_up_to_ten_minutes():
    assert [pair_pause(attempt).total_seconds() for attempt in range(6)] == [1, 4, 16, 64, 256, 600]
    assert pair_pause(10**9) == timedelta(minutes=10)
