import asyncio
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select

from app import channel, outbox
from app.db.models import Conversation, MediaFile, OutboxEntry
from app.delivery import Delivery, Rules
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
    carriers = {"message": postman, "mail": postman}
    return Delivery(database, clock, carriers, OwnRates(80, clock), Rules("p", LEASE))


@pytest.fixture
def say(database, clock):
    async def say(*words: str, conversation_id: int = 1, kind: str = "message", version: int = 1) -> str:
        for part, word in enumerate(words):
            slot = outbox.Slot(conversation_id, version if kind == "message" else 2, part)
            await database.write(lambda s, slot=slot, word=word: outbox.put(s, slot, kind, {"word": word}, now=clock()))
        return f"{outbox.LANES[kind]}{conversation_id}"

    return say


async def states(database) -> list[str]:
    return await database.read(lambda s: list(s.scalars(select(OutboxEntry.state).order_by(OutboxEntry.id))))


async def stopped_because(database) -> str:
    return (await database.read(lambda s: channel.standing(s, "p"))).stopped_because


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
    assert "token" in await stopped_because(database)
    assert await delivery.handle(theirs) == 60
    assert postman.carried == []
    assert await states(database) == ["new", "new"]
    clock.pass_by(seconds=61)
    await delivery.handle(theirs)
    await delivery.handle(mine)
    assert sorted(postman.carried) == ["one", "theirs"]
    assert await stopped_because(database) == ""


async def test_what_can_not_go_does_not_stop_what_comes_after(delivery, say, postman, database):
    postman.troubles = [RefusedError("131026")]
    assert await delivery.handle(await say("one", "two")) is None
    assert await states(database) == ["failed", "sent"]


async def test_a_closed_window_holds_what_follows_too_and_nobody_asks_again(delivery, say, postman, database, clock):
    lane = await say("one", "two")
    postman.troubles = [WindowClosedError("131047")]
    assert await delivery.handle(lane) is None
    clock.pass_by(days=3)
    assert await delivery.handle(lane) is None
    assert (await states(database), postman.carried) == (["held", "held"], [])
    await database.write(lambda s: outbox.release_held(s, 1))
    await delivery.handle(lane)
    assert postman.carried == ["one", "two"]


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


async def test_what_is_refused_again_and_again_while_others_get_through_is_given_up(delivery, say, postman, clock):
    class Allergic(Postman):
        async def __call__(self, claim: Claim) -> str:
            if claim.body["word"] == "bad":
                raise UnavailableError("something went wrong", code=131000, status=400)
            return await super().__call__(claim)

    delivery._carriers = {"message": Allergic()}
    lane = await say("bad", "good")
    for n in range(40):
        await say(f"other {n}", conversation_id=2, version=n + 1)
        await delivery.handle("c2")
        await delivery.handle(lane)
        clock.pass_by(seconds=61)
        if n < 13:
            assert (await states(delivery._database))[:2] == ["new", "new"]
    assert (await states(delivery._database))[:2] == ["dead", "sent"]


async def test_an_outage_that_answers_gives_nothing_up(delivery, say, postman, clock, database):
    lane = await say("one")
    postman.troubles = [UnavailableError("something went wrong", code=131000, status=400) for _ in range(200)]
    for _ in range(100):
        await delivery.handle(lane)
        clock.pass_by(seconds=61)
    assert await states(database) == ["new"]


async def test_a_file_that_can_not_be_had_for_a_day_is_given_up(delivery, database, clock):
    def send(session) -> None:
        session.add(MediaFile(wamid="w", conversation_id=1, media_id="m", mime_type="image/png", name=""))
        outbox.put(session, outbox.Slot(1, 0, 1), "fetch", {"wamid": "w"}, now=clock())

    class Shut:
        async def __call__(self, claim: Claim) -> str:
            raise UnavailableError("HTTP 503", status=503)

    delivery._carriers = {"fetch": Shut()}
    await database.write(send)
    for _ in range(25):
        assert await states(database) == ["new"]
        await delivery.handle("f1")
        clock.pass_by(hours=1)
    await delivery.handle("f1")
    assert await states(database) == ["dead"]
    assert await database.read(lambda s: s.get_one(MediaFile, "w").state) == "failed"


async def test_the_number_being_too_fast_pauses_everybody_longer_each_time(delivery, say, postman, clock):
    mine, theirs = await say("one"), await say("theirs", conversation_id=2)
    postman.troubles = [ThrottledError("130429") for _ in range(6)]
    pauses = []
    while postman.troubles:
        pauses.append(await delivery.handle(mine))
        assert await delivery.handle(theirs) == pauses[-1]
        clock.pass_by(seconds=pauses[-1])
    assert pauses[0] == 1
    assert 8 < pauses[-1] <= 32
    await delivery.handle(mine)
    assert postman.carried == ["one"]


async def test_a_spam_limit_stops_the_channel_for_a_quarter_of_an_hour_and_says_so(
    delivery, say, postman, clock, database
):
    lane = await say("one")
    postman.troubles = [ThrottledError("spam", code=131048, retry_after=timedelta(minutes=15), alarm=True)]
    await delivery.handle(lane)
    assert (await stopped_because(database)).startswith("131048")
    clock.pass_by(minutes=14)
    assert await delivery.handle(lane) > 0
    clock.pass_by(minutes=2)
    await delivery.handle(lane)
    assert (postman.carried, await stopped_because(database)) == (["one"], "")


async def test_while_the_channel_is_stopped_one_entry_at_a_time_asks_for_all(delivery, say, postman, clock):
    lanes = [await say("a"), await say("b", conversation_id=2)]
    postman.troubles = [ChannelStoppedError("190") for _ in range(100)]
    for _ in range(10):
        for lane in lanes:
            await delivery.handle(lane)
        clock.pass_by(seconds=61)
    assert 100 - len(postman.troubles) == 10
