from datetime import timedelta

import pytest
from sqlalchemy import select

from app import outbox
from app.db.models import Conversation, OutboxEntry
from app.outbox import Claim, Wait

LEASE = timedelta(seconds=30)


@pytest.fixture
def session(clock, session):
    for n in (1, 2):
        session.add(Conversation(id=n, phone_number_id="p", wa_id=f"551199999000{n}", created_at=clock()))
    session.flush()
    return session


@pytest.fixture
def say(session, clock):
    def say(*words: str, conversation_id: int = 1, version: int = 1) -> str:
        for part, word in enumerate(words):
            slot = outbox.Slot(conversation_id, version, part)
            outbox.put(session, slot, "message", {"word": word}, now=clock())
        session.flush()
        return f"c{conversation_id}"

    return say


def states(session) -> list[str]:
    return list(session.scalars(select(OutboxEntry.state).order_by(OutboxEntry.id)))


def claim(session, lane, clock) -> Claim:
    claimed = outbox.claim(session, lane, clock(), LEASE)
    assert isinstance(claimed, Claim)
    return claimed


def test_a_lane_is_carried_out_in_its_order(session, clock, say):
    lane = say("one", "two")
    said = []
    while claimed := outbox.claim(session, lane, clock(), LEASE):
        said.append(claimed.body["word"])
        outbox.settle(session, claimed.id, wamid=f"w{claimed.id}")
    assert said == ["one", "two"]
    assert states(session) == ["sent", "sent"]


def test_nobody_else_may_claim_what_is_being_sent(session, clock, say):
    lane = say("one", "two")
    claim(session, lane, clock)
    assert isinstance(outbox.claim(session, lane, clock(), LEASE), Wait)


def test_a_lost_answer_is_waited_for_and_then_sent_again_and_counted(session, clock, say):
    lane = say("one")
    first = claim(session, lane, clock)
    clock.pass_by(seconds=LEASE.total_seconds() + 1)
    second = claim(session, lane, clock)
    assert (first.id, second.tries) == (second.id, 2)
    assert session.get_one(OutboxEntry, first.id).resends == 1


def test_a_status_settles_what_the_answer_could_not(session, clock, say):
    lane = say("one")
    lost = claim(session, lane, clock)
    assert outbox.apply_status(session, entry_id=lost.id, wamid="w", status="sent", error="", retry_at=clock()) == lane
    clock.pass_by(minutes=5)
    assert outbox.claim(session, lane, clock(), LEASE) is None


def test_a_message_without_any_answer_is_given_up_after_a_day(session, clock, say):
    lane = say("one", "two")
    for _ in range(outbox.MAX_TRIES):
        claim(session, lane, clock)
        clock.pass_by(hours=4)
    claim(session, lane, clock)
    clock.pass_by(hours=4)
    assert isinstance(outbox.claim(session, lane, clock(), LEASE), Wait)
    assert claim(session, lane, clock).body == {"word": "two"}
    assert states(session) == ["dead", "sending"]


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        (["sent", "delivered", "read"], "read"),
        (["read", "delivered", "sent"], "read"),
        (["delivered", "sent"], "delivered"),
        (["played"], "read"),
        (["failed", "sent"], "failed"),
        (["delivered", "failed"], "delivered"),
    ],
)
def test_statuses_never_go_backwards_in_whatever_order_they_come(session, clock, say, told, ends):
    lane = say("one")
    entry = claim(session, lane, clock)
    outbox.settle(session, entry.id, wamid="w")
    for status in told:
        outbox.apply_status(session, entry_id=entry.id, wamid="w", status=status, error="131026", retry_at=clock())
    assert states(session) == [ends]


def test_a_failure_that_passes_is_tried_again_once_for_each_attempt(session, clock, say):
    lane = say("one")
    outbox.settle(session, claim(session, lane, clock).id, wamid="w1")
    entry = session.scalars(select(OutboxEntry)).one()
    for _ in range(3):
        outbox.apply_status(session, entry_id=entry.id, wamid="w1", status="new", error="131056", retry_at=clock())
    assert entry.state == "new"
    outbox.settle(session, claim(session, lane, clock).id, wamid="w2")
    outbox.apply_status(session, entry_id=entry.id, wamid="w1", status="new", error="131056", retry_at=clock())
    assert (entry.state, entry.wamid, entry.tries) == ("sent", "w2", 2)


def test_the_answer_after_the_status_does_not_undo_it(session, clock, say):
    entry = claim(session, say("one"), clock)
    outbox.apply_status(session, entry_id=entry.id, wamid="w", status="delivered", error="", retry_at=clock())
    outbox.settle(session, entry.id, wamid="w")
    assert states(session) == ["delivered"]


def test_a_status_finds_its_message_by_wamid_when_our_id_is_missing(session, clock, say):
    lane = say("one")
    outbox.settle(session, claim(session, lane, clock).id, wamid="w1")
    assert outbox.apply_status(session, entry_id=None, wamid="w1", status="read", error="", retry_at=clock()) == lane
    assert (
        outbox.apply_status(session, entry_id=None, wamid="unknown", status="read", error="", retry_at=clock()) is None
    )


def test_what_was_put_off_is_tried_when_due_and_holds_its_place(session, clock, say):
    lane = say("one", "two")
    entry = claim(session, lane, clock)
    outbox.put_off(session, entry.id, until=clock() + timedelta(seconds=10), error="131056")
    wait = outbox.claim(session, lane, clock(), LEASE)
    assert isinstance(wait, Wait)
    assert wait.seconds == 10
    clock.pass_by(seconds=10)
    assert claim(session, lane, clock).body == {"word": "one"}


def test_held_messages_go_once_the_employee_writes_again(session, clock, say):
    lane = say("one")
    outbox.end(session, claim(session, lane, clock).id, state="held", error="131047")
    assert outbox.claim(session, lane, clock(), LEASE) is None
    outbox.release_held(session, 1)
    assert claim(session, lane, clock).body == {"word": "one"}


def test_lanes_do_not_wait_for_each_other(session, clock, say):
    mine, theirs = say("mine"), say("theirs", conversation_id=2)
    claim(session, mine, clock)
    assert claim(session, theirs, clock).body == {"word": "theirs"}
    assert outbox.lanes_waiting(session) == [mine, theirs]


def test_after_a_restart_claims_of_the_dead_process_get_a_short_lease(session, clock, say):
    lane = say("one")
    claim(session, lane, clock)
    clock.pass_by(hours=1)
    assert outbox.restart_leases(session, clock() + timedelta(seconds=10), alone=True) == 1
    wait = outbox.claim(session, lane, clock(), LEASE)
    assert isinstance(wait, Wait)
    assert wait.seconds == 10


def test_an_hour_without_answers_gives_nothing_up_and_sends_little_twice(session, clock, say):
    lane, end = say("one"), clock() + timedelta(hours=1)
    while clock() < end:
        claimed = outbox.claim(session, lane, clock(), LEASE)
        clock.pass_by(seconds=claimed.seconds if isinstance(claimed, Wait) else 0)
    entry = session.scalars(select(OutboxEntry)).one()
    assert entry.state == "sending"
    assert entry.resends <= 20


def test_a_failure_told_after_a_long_outage_gives_nothing_up_before_a_day(session, clock, say):
    lane = say("one")
    for _ in range(outbox.MAX_TRIES):
        outbox.put_off(session, claim(session, lane, clock).id, until=clock(), error="no answer")
    for wamid, ends in (("w1", "new"), ("w2", "dead")):
        entry = claim(session, lane, clock)
        outbox.settle(session, entry.id, wamid=wamid)
        outbox.apply_status(session, entry_id=entry.id, wamid=wamid, status="new", error="131056", retry_at=clock())
        assert states(session) == [ends]
        clock.pass_by(days=1)


def test_after_a_restart_nothing_waits_for_a_clock_that_was_set_back(session, clock, say):
    lane = say("one")
    outbox.put_off(session, claim(session, lane, clock).id, until=clock() + timedelta(days=1), error="131056")
    outbox.restart_leases(session, clock() + timedelta(seconds=10), alone=True)
    clock.pass_by(seconds=10)
    assert claim(session, lane, clock).body == {"word": "one"}


def test_a_sealed_code_is_wiped_when_it_is_gone(session, clock):
    outbox.put(session, outbox.Slot(1, 1, 0), "mail", {"sealed": "x"}, now=clock())
    session.flush()
    entry = claim(session, "m1", clock)
    outbox.settle(session, entry.id, wipe=True)
    assert session.get_one(OutboxEntry, entry.id).body == {}
