import asyncio
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select

from app import outbox
from app.db.models import Conversation, OutboxEntry
from app.delivery import Delivery
from app.outbox import Claim
from app.rates import OwnRates
from app.whatsapp.errors import (
    ChannelStoppedError,
    RefusedError,
    SendError,
    ThrottledError,
    UnavailableError,
    WindowClosedError,
)

LEASE = timedelta(seconds=30)


class Postman:
    """Carries entries; what should go wrong is queued."""

    def __init__(self) -> None:
        self.carried: list[str] = []
        self.troubles: list[SendError] = []

    async def __call__(self, claim: Claim) -> str:
        await asyncio.sleep(0)
        if self.troubles:
            raise self.troubles.pop(0)
        self.carried.append(claim.body["word"])
        return f"wamid.{claim.id}"


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
async def delivery(database, clock, postman) -> Delivery:
    for n in (1, 2):
        row = Conversation(id=n, phone_number_id="p", wa_id=f"551199999000{n}", created_at=clock())
        await database.write(lambda s, row=row: s.add(row))
    return Delivery(database, clock, {"message": postman, "mail": postman}, OwnRates(80, clock), LEASE)


@pytest.fixture
def say(database, clock):
    async def say(*words: str, conversation_id: int = 1, kind: str = "message") -> str:
        for part, word in enumerate(words):
            slot = outbox.Slot(conversation_id, 1 if kind == "message" else 2, part)
            await database.write(lambda s, slot=slot, word=word: outbox.put(s, slot, kind, {"word": word}, now=clock()))
        return f"{outbox.LANES[kind]}{conversation_id}"

    return say


async def states(database) -> list[str]:
    return await database.read(lambda s: list(s.scalars(select(OutboxEntry.state).order_by(OutboxEntry.id))))


async def test_a_lane_is_delivered_in_order_until_it_is_empty(delivery, say, postman, database):
    assert await delivery.handle(await say("one", "two", "three")) is None
    assert postman.carried == ["one", "two", "three"]
    assert await states(database) == ["sent"] * 3


async def test_while_whatsapp_is_away_nothing_is_lost_and_order_is_kept(delivery, say, postman, clock):
    lane = await say("one", "two")
    postman.troubles = [UnavailableError("no answer: ConnectError") for _ in range(20)]
    while (pause := await delivery.handle(lane)) is not None:
        clock.pass_by(seconds=pause)
    assert postman.carried == ["one", "two"]


async def test_the_pauses_grow_and_stay_below_a_minute(delivery, say, postman, clock):
    lane = await say("one")
    postman.troubles = [UnavailableError("HTTP 500") for _ in range(12)]
    pauses = []
    while (pause := await delivery.handle(lane)) is not None:
        pauses.append(pause)
        clock.pass_by(seconds=pause)
    assert pauses[0] <= 1
    assert 25 < pauses[-1] <= 60


async def test_too_fast_for_one_person_pauses_only_that_person_and_resumes_at_that_part(delivery, say, postman, clock):
    mine, theirs = await say("one", "two"), await say("theirs", conversation_id=2)
    postman.troubles = [ThrottledError("131056", scope="recipient", retry_after=timedelta(seconds=1))]
    pause = await delivery.handle(mine)
    assert await delivery.handle(theirs) is None
    assert postman.carried == ["theirs"]
    while pause is not None:
        clock.pass_by(seconds=pause)
        pause = await delivery.handle(mine)
    assert postman.carried == ["theirs", "one", "two"]


async def test_an_answer_that_got_lost_is_waited_for_before_it_is_sent_again(delivery, say, postman, clock, database):
    lane = await say("one")
    postman.troubles = [UnavailableError("no answer in time", ambiguous=True)]
    pause = await delivery.handle(lane)
    assert pause == LEASE.total_seconds()
    assert await states(database) == ["sending"]
    clock.pass_by(seconds=pause)
    assert await delivery.handle(lane) is None
    assert await database.read(lambda s: s.scalars(select(OutboxEntry.resends)).one()) == 1


async def test_a_refused_token_stops_the_channel_and_keeps_the_queue(delivery, say, postman, clock, database):
    mine, theirs = await say("one"), await say("theirs", conversation_id=2)
    postman.troubles = [ChannelStoppedError("190: token expired")]
    await delivery.handle(mine)
    assert "token" in delivery.channel.stopped_because
    assert await delivery.handle(theirs) == 60
    assert postman.carried == []
    assert await states(database) == ["new", "new"]
    clock.pass_by(seconds=61)
    await delivery.handle(theirs)
    await delivery.handle(mine)
    assert sorted(postman.carried) == ["one", "theirs"]
    assert delivery.channel.stopped_because == ""


@pytest.mark.parametrize(
    ("trouble", "state"), [(RefusedError("131026"), "failed"), (WindowClosedError("131047"), "held")]
)
async def test_what_can_not_go_does_not_stop_what_comes_after(delivery, say, postman, database, trouble, state):
    postman.troubles = [trouble]
    assert await delivery.handle(await say("one", "two")) is None
    assert await states(database) == [state, "sent"]


async def test_a_stopped_channel_does_not_stop_mail(delivery, say, postman):
    lane, mail = await say("one"), await say("code", kind="mail")
    postman.troubles = [ChannelStoppedError("190: token expired")]
    await delivery.handle(lane)
    assert await delivery.handle(mail) is None
    assert postman.carried == ["code"]


async def test_nobody_gets_more_than_whatsapp_allows_to_one_person(delivery, say, postman):
    pause = await delivery.handle(await say(*[str(n) for n in range(50)]))
    assert len(postman.carried) == 45
    assert pause == pytest.approx(6, abs=0.1)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0


async def test_a_closed_window_and_a_second_try_after_silence_are_counted(delivery, say, postman, clock):
    closings, again = counted("recado_window_closings_total"), counted("recado_resends_total", kind="message")
    postman.troubles = [WindowClosedError("24 h"), UnavailableError("no answer", ambiguous=True)]
    await delivery.handle(await say("one"))
    lane = await say("two", conversation_id=2)
    await delivery.handle(lane)
    clock.pass_by(seconds=31)
    await delivery.handle(lane)
    assert counted("recado_window_closings_total") == closings + 1
    assert counted("recado_resends_total", kind="message") == again + 1
