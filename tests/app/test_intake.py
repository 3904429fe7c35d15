import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.db.models import Conversation, InboxMessage
from app.errors import StoreUnavailableError
from app.inbox import Inbox, unread
from app.intake import Intake
from app.settings import IntakeSettings
from app.whatsapp.errors import OverloadedError
from app.whatsapp.payload import Delivery, read
from tests.app.test_inbox import envelope, text

SETTINGS = IntakeSettings(floor=10, patience=timedelta(seconds=30), storing=5)


class Store:
    """Takes deliveries when it is let."""

    def __init__(self) -> None:
        self.taken = 0
        self.open = asyncio.Event()
        self.trouble: Exception | None = None

    async def accept(self, delivery: Delivery) -> None:
        await self.open.wait()
        if self.trouble:
            raise self.trouble
        self.taken += 1


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def intake(store, database):
    intake = Intake(store.accept, database, SETTINGS)
    yield intake
    await intake.close()


@pytest.fixture
async def real(database, clock, monkeypatch):
    """A gate before the real inbox, which looks when it is told to."""

    async def watch(self) -> None:
        """Leave it to the test."""

    monkeypatch.setattr(Intake, "_watch", watch)
    inbox = Inbox(database, clock)
    intake = Intake(inbox.accept, database, SETTINGS)
    yield intake
    await intake.close()


def message(n: int, who: str = "") -> Delivery:
    return read(envelope(text(f"w{n}", **{"from": who or f"55119{n:08d}"})))


def status() -> Delivery:
    return read(envelope(statuses=[{"id": "w", "status": "sent", "timestamp": "1795430000", "recipient_id": "1"}]))


async def test_above_the_limit_messages_are_refused_before_the_store_and_statuses_pass(intake, store):
    store.open.set()
    for n in range(10):
        await intake.accept(message(n))
    with pytest.raises(OverloadedError) as refused:
        await intake.accept(message(11))
    assert (refused.value.reason, refused.value.retry_after) == ("full", 5)
    await intake.accept(status())
    assert store.taken == 11


async def test_when_too_many_wait_for_the_store_the_next_is_refused_at_once(intake, store):
    waiting = [asyncio.create_task(intake.accept(message(n))) for n in range(5)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError, match="store"):
        await intake.accept(message(6))
    waiting.append(asyncio.create_task(intake.accept(status())))
    store.open.set()
    await asyncio.gather(*waiting)
    await intake.accept(message(7))
    assert store.taken == 7


async def test_what_the_store_refuses_frees_its_place(intake, store):
    store.open.set()
    store.trouble = StoreUnavailableError("locked")
    for n in range(20):
        with pytest.raises(StoreUnavailableError):
            await intake.accept(message(n))
    assert intake.pressure.backlog == 0


async def test_somebody_who_floods_is_refused_while_others_are_not(intake, store):
    store.open.set()
    for n in range(5):
        await intake.accept(message(n, "5511999990001"))
    for n in range(5, 20):
        with pytest.raises(OverloadedError, match="share"):
            await intake.accept(message(n, "5511999990001"))
    await intake.accept(message(21))


async def test_health_says_that_and_what_is_refused(intake, store):
    store.open.set()
    assert intake.report()["state"] == "ok"
    for n in range(10):
        await intake.accept(message(n))
    with pytest.raises(OverloadedError):
        await intake.accept(message(11))
    said = intake.report()
    assert said["state"].startswith("refuses")
    assert (said["waiting"], said["limit"], said["refused"]) == (10, 10, 1)


async def test_what_was_read_makes_room_within_a_look(real, database):
    for n in range(10):
        await real.accept(message(n))
    await database.write(lambda s: s.execute(update(InboxMessage).values(state="done")))
    await real.look()
    await real.accept(message(11))


async def test_the_gate_looks_by_itself_until_nothing_waits(intake, store, monkeypatch):
    monkeypatch.setattr("app.intake.LOOK_EVERY", 0.01)
    store.open.set()
    await intake.accept(message(1))
    async with asyncio.timeout(10):
        while intake._watching is not None:
            await asyncio.sleep(0.01)
    assert intake.pressure.idle


async def test_what_a_turn_failed_on_and_what_a_person_answers_is_no_overload(real, database):
    for n in range(9):
        await real.accept(message(n))
    await database.write(lambda s: s.execute(update(InboxMessage).where(InboxMessage.seq <= 4).values(tries=1)))
    await database.write(lambda s: s.execute(update(Conversation).where(Conversation.id > 5).values(handed_over=True)))
    await real.look()
    assert real.pressure.backlog == 1
    found = await database.read(lambda s: unread(s, 6))
    assert (found.unread, found.still, found.newest) == (5, 2, 9)


async def test_a_message_told_again_is_one_message(real):
    for _ in range(8):
        await real.accept(message(1))
        await real.look()
    assert real.pressure.backlog == 1
