"""What waits and for how long, as /health/ready and /metrics tell it."""

from datetime import datetime
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import outbox
from app.backlog import Backlog, measure
from app.db.engine import Database
from app.db.models import Conversation, InboxMessage, OutboxEntry
from app.settings import Settings


@pytest.fixture
async def look(database, clock):
    await database.write(
        lambda s: s.add(Conversation(id=1, phone_number_id="p", wa_id="5511999990001", created_at=clock()))
    )

    async def look() -> Backlog:
        return await database.read(lambda s: measure(s, Settings(), clock()))

    return look


def message(name: str, at: datetime, state: str = "new") -> InboxMessage:
    return InboxMessage(wamid=name, conversation_id=1, body={}, received_at=at, state=state)


def entry(part: int, at: datetime, state: str = "new", kind: str = "message") -> OutboxEntry:
    lane = f"{outbox.LANES[kind]}1"
    return OutboxEntry(
        conversation_id=1, version=1, part=part, lane=lane, kind=kind, body={}, state=state, created_at=at
    )


async def put(database: Database, *rows: Any) -> None:
    await database.write(lambda s: s.add_all(rows))


def metric(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_nothing_waits_in_an_empty_house(look):
    assert await look() == Backlog()


async def test_the_oldest_of_each_kind_tells_how_long_is_waited(look, database, clock):
    first = clock()
    await put(database, message("a", first), entry(0, first), entry(1, first, kind="mail"))
    clock.pass_by(seconds=90)
    await put(database, message("b", clock()), entry(2, clock()))
    backlog = await look()
    assert (backlog.unread, backlog.oldest_unread) == (2, 90)
    assert backlog.oldest_unsent == {"message": 90, "mail": 90}


async def test_what_was_answered_or_sent_does_not_wait(look, database, clock):
    await put(database, message("a", clock(), "done"), entry(0, clock(), "read"))
    clock.pass_by(hours=1)
    assert (await look()).oldest_unread == 0
    assert (await look()).oldest_unsent == {}


async def test_what_was_given_up_is_counted_and_not_waited_for(look, database, clock):
    await put(database, message("a", clock(), "dead"), entry(0, clock(), "dead"), entry(1, clock(), "held"))
    backlog = await look()
    assert (backlog.given_up, backlog.outbox) == (1, {"dead": 1, "held": 1})


async def test_a_clock_set_back_makes_no_negative_age(look, database, clock):
    await put(database, message("a", clock()))
    clock.pass_by(hours=-1)
    assert (await look()).oldest_unread == 0


async def test_the_gauges_say_the_same_and_fall_back_to_zero(look, database, clock):
    await put(database, message("a", clock()), entry(0, clock(), "sending"))
    clock.pass_by(seconds=30)
    (await look()).publish()
    assert metric("recado_oldest_unread_seconds") == 30
    assert metric("recado_oldest_unsent_seconds", kind="message") == 30
    assert metric("recado_outbox_entries", state="sending") == 1
    Backlog().publish()
    assert metric("recado_oldest_unread_seconds") == 0
    assert metric("recado_oldest_unsent_seconds", kind="message") == 0
    assert metric("recado_outbox_entries", state="sending") == 0


def test_what_is_finished_is_not_read_to_find_what_waits(stores, tmp_path, clock):
    asked: list[str] = []
    engine = create_engine(stores.sqlite(tmp_path))
    with Session(engine) as session:
        driver = session.connection().connection.driver_connection
        driver.set_trace_callback(asked.append)
        measure(session, Settings(), clock())
        driver.set_trace_callback(None)
        plans = [row[3] for each in asked for row in driver.execute(f"EXPLAIN QUERY PLAN {each}") if "'new'" in each]
    engine.dispose()
    assert len(plans) >= 3
    assert all(
        "USING INDEX inbox_waiting" in plan or "USING INDEX outbox_waiting" in plan for plan in plans if "SCAN" in plan
    )
