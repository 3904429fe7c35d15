"""The pace of several processes that send for one number."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app.db.engine import open_database
from app.rates import SharedRates, forget_paid
from app.whatsapp.rates import PAIR_BURST, PAIR_INTERVAL


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def database(stores):
    with stores.postgres() as url:
        database = open_database(url)
        yield database
        await database.close()


async def test_two_processes_together_keep_the_numbers_pace(database):
    limit = 50
    one, other = SharedRates(database, limit, now), SharedRates(database, limit, now)
    started = time.monotonic()
    await asyncio.gather(*(rates.admit(f"c{n}") for n in range(30) for rates in (one, other)))
    assert time.monotonic() - started >= 59 / limit  # a floor: never faster, however quick the machine


async def test_one_person_gets_a_burst_from_all_processes_together_and_then_waits(database):
    one, other = SharedRates(database, 10_000, now), SharedRates(database, 10_000, now)
    for n in range(PAIR_BURST):
        assert not await (one, other)[n % 2].admit("c1")
    for rates in (one, other):
        waited = asyncio.create_task(rates.admit("c1"))
        await asyncio.sleep(0.3)
        assert not waited.done()
        assert timedelta(0) < rates.wait("c1") <= PAIR_INTERVAL
        waited.cancel()
    assert not await one.admit("c2"), "other people are not held up"


async def test_a_person_whom_meta_wants_left_alone_is_left_alone_by_every_process(database):
    one, other = SharedRates(database, 80, now), SharedRates(database, 80, now)
    await one.pause("c1", now() + timedelta(minutes=2))
    for rates in (one, other):
        put_back = await rates.admit("c1")
        assert timedelta(seconds=100) < put_back <= timedelta(minutes=2)
        assert rates.wait("c1") > timedelta(seconds=100)


async def test_debts_long_paid_are_forgotten(database):
    rates = SharedRates(database, 80, now)
    await rates.admit("c1")
    await database.write(
        lambda s: s.execute(text("UPDATE send_rate SET paid_at = now() - interval '2 hours'")) and None
    )
    await database.write(forget_paid)
    assert await database.read(lambda s: s.scalar(text("SELECT count(*) FROM send_rate"))) == 0
