from datetime import timedelta

import pytest
from sqlalchemy import select

from app import outbox
from app.db.models import Conversation, OutboxEntry
from app.outbox import Claim, Wait
from app.statuses import Told, apply_statuses

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


@pytest.fixture
def tell(session, clock):
    """Statuses as webhooks bring them; returns the lane of each."""

    def tell(*told: Told) -> list[str | None]:
        session.flush()
        lanes = apply_statuses(session, told, retry_at=clock())
        session.expire_all()
        return lanes

    return tell


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


def test_a_status_settles_what_the_answer_could_not(session, clock, say, tell):
    lane = say("one")
    lost = claim(session, lane, clock)
    assert tell(Told(lost.id, "w", "sent")) == [lane]
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
@pytest.mark.parametrize("together", [False, True])
def test_statuses_never_go_backwards_in_whatever_order_they_come(session, clock, say, tell, told, ends, together):
    lane = say("one")
    entry = claim(session, lane, clock)
    outbox.settle(session, entry.id, wamid="w")
    webhooks = [Told(entry.id, "w", status, "131026") for status in told]
    for webhook in [webhooks] if together else [[one] for one in webhooks]:
        tell(*webhook)
    assert states(session) == [ends]


def test_statuses_told_together_each_settle_their_own_message(session, clock, say, tell):
    lanes = [say("one", conversation_id=1), say("two", conversation_id=2)]
    first, second = (claim(session, lane, clock) for lane in lanes)
    told = [Told(first.id, "w1", "sent"), Told(second.id, "w2", "held", "131047"), Told(None, "w1", "read")]
    assert tell(*told) == [lanes[0], lanes[1], lanes[0]]
    assert states(session) == ["read", "held"]


def test_a_failure_that_passes_is_tried_again_once_for_each_attempt(session, clock, say, tell):
    lane = say("one")
    outbox.settle(session, claim(session, lane, clock).id, wamid="w1")
    entry = session.scalars(select(OutboxEntry)).one()
    for _ in range(3):
        tell(Told(entry.id, "w1", "new", "131056"))
    assert entry.state == "new"
    outbox.settle(session, claim(session, lane, clock).id, wamid="w2")
    tell(Told(entry.id, "w1", "new", "131056"))
    assert (entry.state, entry.wamid, entry.tries) == ("sent", "w2", 2)


@pytest.mark.parametrize("fate", ["held", "new", "failed"])
def test_a_failure_told_before_the_answer_is_not_undone_by_it(session, clock, say, tell, fate):
    entry = claim(session, say("one"), clock)
    tell(Told(entry.id, "w", fate, "131047"))
    outbox.settle(session, entry.id, wamid="w")
    assert states(session) == [fate]
    assert session.get_one(OutboxEntry, entry.id).error == "131047"


def test_the_answer_after_the_status_does_not_undo_it(session, clock, say, tell):
    entry = claim(session, say("one"), clock)
    tell(Told(entry.id, "w", "delivered"))
    outbox.settle(session, entry.id, wamid="w")
    assert states(session) == ["delivered"]


def test_a_status_finds_its_message_by_wamid_when_our_id_is_missing(session, clock, say, tell):
    lane = say("one")
    outbox.settle(session, claim(session, lane, clock).id, wamid="w1")
    assert tell(Told(None, "unknown", "read"), Told(None, "w1", "read")) == [None, lane]


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


def test_a_failure_told_after_a_long_outage_gives_nothing_up_before_a_day(session, clock, say, tell):
    lane = say("one")
    for _ in range(outbox.MAX_TRIES):
        outbox.put_off(session, claim(session, lane, clock).id, until=clock(), error="no answer")
    for wamid, ends in (("w1", "new"), ("w2", "dead")):
        entry = claim(session, lane, clock)
        outbox.settle(session, entry.id, wamid=wamid)
        tell(Told(entry.id, wamid, "new", "131056"))
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
