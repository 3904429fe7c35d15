"""Who waits long is told so, once and before the answer."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db.models import Conversation, OutboxEntry
from app.outbox import Slot, put
from app.thinking.patience import MOMENT_PART, Patience, Waiting, say_wait

WAITING = Waiting(conversation_id=1, version=3, language="es", wamid="w1")


@pytest.fixture
async def conversation(database, clock):
    await database.write(lambda s: s.add(Conversation(id=1, phone_number_id="p", wa_id="5511", created_at=clock())))


@pytest.fixture
def told():
    return []


@pytest.fixture
def patience(database, clock, told, conversation):
    def make(seconds: float) -> Patience:
        return Patience(database, told.append, clock, timedelta(seconds=seconds))

    return make


async def said(database) -> list[str]:
    query = select(OutboxEntry.body).where(OutboxEntry.part == MOMENT_PART)
    return [body["text"]["body"] for body in await database.read(lambda s: list(s.scalars(query)))]


async def test_a_quick_turn_says_nothing_of_the_kind(patience, database, told):
    async with patience(60).beside(WAITING):
        await asyncio.sleep(0)

    assert await said(database) == []
    assert told == []


async def test_a_slow_turn_asks_for_a_moment_in_their_language_and_shows_typing(patience, database, told):
    async with patience(0).beside(WAITING), asyncio.timeout(20):
        while "w1" not in told:
            await asyncio.sleep(0.01)

    assert await said(database) == ["Un momento, todavía lo estoy revisando. ⏳"]
    assert told == ["w1"]


async def test_a_turn_thought_again_does_not_ask_again(database, clock, conversation):
    for _ in range(2):
        await database.write(lambda s: say_wait(s, WAITING, clock()))

    assert len(await said(database)) == 1


async def test_it_goes_before_what_the_turn_says_and_takes_none_of_its_places(database, clock, conversation):
    def both(session) -> list[int]:
        say_wait(session, WAITING, clock())
        put(session, Slot(1, 3, 0), "message", {"type": "text"}, now=clock())
        session.flush()
        return list(session.scalars(select(OutboxEntry.part).order_by(OutboxEntry.id)))

    assert await database.write(both) == [MOMENT_PART, 0]
