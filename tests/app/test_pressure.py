from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.pressure import Drain, Look, Pressure, Waiting

FLOOR = 40


@pytest.fixture
def pressure() -> Pressure:
    return Pressure(floor=FLOOR, patience=30)


def take(pressure: Pressure, contact: str, count: int = 1) -> str:
    reason = pressure.verdict({contact: count})
    if not reason:
        pressure.let_in({contact: count})
        pressure.arrived({contact: count})
    return reason


def look(*held: tuple[str, int], still: int = 0, newest: int = 0) -> Look:
    return Look(tuple(Waiting((name,), count) for name, count in held), still, newest)


def test_everybody_is_let_in_until_the_limit_is_reached(pressure):
    assert [take(pressure, f"c{n}") for n in range(FLOOR + 3)] == [""] * FLOOR + ["full"] * 3


def test_one_contact_alone_may_hold_half_and_leaves_the_rest_to_others(pressure):
    reasons = [take(pressure, "flood") for _ in range(100)]
    assert Counter(reasons) == {"": FLOOR // 2, "share": 100 - FLOOR // 2}
    assert take(pressure, "quiet") == ""


def test_a_delivery_larger_than_the_limit_is_taken_when_nothing_waits(pressure):
    assert pressure.verdict({"c": 1000}) == ""


def test_a_delivery_goes_by_what_most_of_it_is(pressure):
    for _ in range(100):
        take(pressure, "flood")
    assert pressure.verdict({"flood": 1, "quiet": 1}) == ""
    assert pressure.verdict({"flood": 2, "quiet": 1}) == "share"


def test_what_has_been_read_makes_room(pressure):
    for n in range(FLOOR):
        take(pressure, f"c{n}")
    pressure.begin_look()
    pressure.see(look(("c1", 1)), 1.0)
    assert pressure.backlog == 1
    assert take(pressure, "late") == ""


def test_what_arrives_during_a_look_is_not_forgotten(pressure):
    take(pressure, "before")
    pressure.let_in({"under way": 1})
    pressure.begin_look()
    take(pressure, "during")
    pressure.see(look(("before", 1)), 1.0)
    assert pressure.backlog == 3


def test_what_the_store_did_not_take_does_not_count(pressure):
    pressure.let_in({"c": 3})
    pressure.failed({"c": 3})
    assert pressure.backlog == 0
    assert pressure.idle


def test_what_waits_for_a_person_is_no_load_but_its_sender_has_their_share(pressure):
    pressure.see(Look((Waiting(("theirs",), FLOOR * 2, with_person=True),)), 1.0)
    assert pressure.backlog == 0
    assert pressure.verdict({"other": 1}) == ""
    assert pressure.verdict({"theirs": 1}) == "share"


def test_a_contact_is_one_under_both_names(pressure):
    pressure.see(Look((Waiting(("BR.1", "5511999990001"), FLOOR),)), 1.0)
    for name in ("BR.1", "5511999990001"):
        assert Pressure.verdict(pressure, {name: 1}) == "full"
    assert pressure.backlog == FLOOR


def test_the_limit_follows_how_fast_messages_are_read(pressure):
    pressure.see(look(("c", 20), newest=20), 0.0)
    pressure.see(look(("c", 20), still=0, newest=40), 5.0)
    assert pressure.limit == 30 * 20 / 5
    pressure.see(look(("c", 20), still=18, newest=60), 10.0)
    pressure.see(look(("c", 20), still=18, newest=60), 15.0)
    assert pressure.limit == FLOOR


def test_the_rate_is_that_of_the_last_seconds_and_a_standstill_keeps_the_last_one_known():
    drain = Drain()
    drain.note(5, 500)
    drain.note(5, 10)
    drain.note(5, 10)
    assert drain.per_second == 2
    for _ in range(10):
        drain.note(5, 0)
    drain.note(5, 500)
    assert drain.per_second == 2


def test_a_slow_pace_is_measured_over_the_time_it_takes():
    drain = Drain()
    for _ in range(10):
        drain.note(1, 0)
        drain.note(1, 1)
    assert drain.per_second == 0.5


def test_whoever_is_refused_is_told_when_half_will_be_free(pressure):
    assert pressure.come_back_after() == 5
    pressure.see(look(("c", 10)), 0.0)
    pressure.see(look(("c", 10), still=5), 10.0)
    for n in range(FLOOR):
        take(pressure, f"c{n}")
    assert (
        pressure.come_back_after() == 30
    )  # at 0.5 a second it would take a minute: no longer than anybody should wait


class Service:
    """Reads so many messages a step, one contact after the other, the one who waited longest first."""

    def __init__(self, pressure: Pressure, speed: int) -> None:
        self.pressure, self.speed, self.queue, self.held = pressure, speed, [], Counter()

    def hear(self, contact: str) -> str:
        reason = take(self.pressure, contact)
        if not reason:
            self.held[contact] += 1
            if contact not in self.queue:
                self.queue.append(contact)
        return reason

    def step(self, at: float) -> None:
        for _ in range(min(self.speed, self.held.total())):
            contact = self.queue.pop(0)
            self.held[contact] -= 1
            if self.held[contact]:
                self.queue.append(contact)
        self.pressure.begin_look()
        self.pressure.see(look(*[(c, n) for c, n in self.held.items() if n]), at)


@given(floods=st.lists(st.integers(1, 60), min_size=1, max_size=8), quiet=st.integers(1, 4), data=st.data())
def test_those_who_write_little_are_never_refused_whoever_floods(floods, quiet, data):
    pressure = Pressure(floor=200, patience=0)
    service = Service(pressure, speed=len(floods) + quiet)
    coming = [f"flood{n}" for n, rate in enumerate(floods) for _ in range(rate)] + [f"quiet{n}" for n in range(quiet)]
    for second in range(30):
        for contact in data.draw(st.permutations(coming)) if second < 2 else coming:
            reason = service.hear(contact)
            assert not reason or contact.startswith("flood")
        service.step(float(second))
        assert max(service.held[f"flood{n}"] for n in range(len(floods))) <= 200 / 2


@given(arrivals=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 5)), max_size=300))
def test_the_limit_holds_and_whoever_holds_nothing_is_refused_only_when_it_is_reached(arrivals):
    pressure, held = Pressure(floor=FLOOR, patience=30), Counter()
    for who, count in arrivals:
        contact, before = f"c{who}", pressure.backlog
        reason = take(pressure, contact, count)
        assert (reason == "full") == (before >= FLOOR)
        assert reason != "share" or held[contact] >= FLOOR - before > 0
        held[contact] += 0 if reason else count
        assert pressure.backlog == held.total() < FLOOR + 5
