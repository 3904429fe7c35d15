"""Procrastinate's jobs as wake-ups, on a real PostgreSQL."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import text

from app import jobs as jobs_module
from app.db.engine import open_database
from app.errors import StoreUnavailableError
from app.jobs import Jobs
from app.wakeups import enqueue, wake

DEAD_AFTER = timedelta(seconds=2)
PATIENCE = timedelta(seconds=10)


@pytest.fixture
async def database(stores):
    with stores.postgres() as url:
        database = open_database(url)
        yield database
        await database.close()


class Handler:
    """Counts how often each key was handled, and never two at once."""

    def __init__(self) -> None:
        self.handled: Counter[str] = Counter()
        self.running: Counter[str] = Counter()
        self.most = 0
        self.delays: list[float | None] = []
        self.troubles: list[Exception] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, key: str) -> float | None:
        self.running[key] += 1
        self.most = max(self.most, self.running[key])
        try:
            await asyncio.sleep(0.01)
            await self.gate.wait()
            if self.troubles:
                raise self.troubles.pop(0)
            self.handled[key] += 1
            return self.delays.pop(0) if self.delays else None
        finally:
            self.running[key] -= 1


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
async def workers(database, handler):
    """Two workers on one queue."""
    both = [Jobs(database, handler, DEAD_AFTER, PATIENCE) for _ in range(2)]
    for jobs in both:
        await jobs.open()
    yield both
    for jobs in both:
        await jobs.close(PATIENCE)


async def ring(database, *keys: str) -> None:
    await database.write(lambda s: wake(s, *keys))


async def waiting(database, *statuses: str) -> int:
    query = text("SELECT count(*) FROM procrastinate_jobs WHERE CAST(status AS text) = ANY(:statuses)")
    return await database.read(lambda s: s.scalar(query, {"statuses": list(statuses or ("todo", "doing"))}))


async def until(condition) -> None:
    async with asyncio.timeout(30):
        while not await condition():
            await asyncio.sleep(0.02)


async def until_idle(database) -> None:
    async def idle() -> bool:
        return await waiting(database) == 0

    await until(idle)


async def test_what_a_transaction_woke_is_handled_and_leaves_nothing_behind(database, handler, workers):
    await ring(database, "t1", "c1", "m7")
    await until_idle(database)
    assert handler.handled == Counter(["t1", "c1", "m7"])
    assert await waiting(database, "succeeded", "failed", "aborted") == 0


async def test_a_transaction_that_is_undone_wakes_nobody(database, handler, workers):
    def fail(session) -> None:
        wake(session, "t1")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.write(fail)
    assert await waiting(database) == 0


async def test_one_key_is_never_handled_by_two_at_once_and_many_wakes_are_few_jobs(database, handler, workers):
    await asyncio.gather(*(ring(database, "t1") for _ in range(100)))
    await until_idle(database)
    assert handler.most == 1
    assert 1 <= handler.handled["t1"] < 100


async def test_a_key_woken_while_it_is_handled_is_handled_again(database, handler, workers):
    handler.gate.clear()
    await ring(database, "t1")

    async def runs() -> bool:
        return handler.running["t1"] == 1

    await until(runs)
    await ring(database, "t1")
    handler.gate.set()
    await until_idle(database)
    assert handler.handled["t1"] == 2


async def test_a_key_is_handled_again_after_the_delay_its_handler_asked_for(database, handler, workers):
    handler.delays = [0.05]
    await ring(database, "c1")

    async def twice() -> bool:
        return handler.handled["c1"] == 2

    await until(twice)


async def test_a_handler_that_fails_is_tried_again(database, handler, workers, monkeypatch):
    monkeypatch.setattr("app.wakeups.RETRY_SECONDS", 0.05)
    handler.troubles = [RuntimeError("once")]
    await ring(database, "t1")

    async def handled() -> bool:
        return handler.handled["t1"] == 1

    await until(handled)


async def test_a_key_that_was_to_be_woken_while_the_store_was_away_is_woken_once_it_is_back(
    database, handler, workers, monkeypatch
):
    monkeypatch.setattr(jobs_module, "RESTART_SECONDS", 0.05)
    handler.delays = [0.01]
    away = [StoreUnavailableError("away")] * 3
    write = database.write

    async def sometimes(work):
        if away and handler.handled["c1"] == 1:
            raise away.pop()
        return await write(work)

    await ring(database, "c1")
    monkeypatch.setattr(database, "write", sometimes)

    async def twice() -> bool:
        return handler.handled["c1"] == 2

    await until(twice)
    assert not away


async def test_a_wake_up_whose_transaction_is_still_open_is_not_swallowed_by_a_job_that_runs_before(database, handler):
    await ring(database, "t1")
    written, may_commit = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(session) -> None:
        enqueue(session, {"t1"})
        loop.call_soon_threadsafe(written.set)
        asyncio.run_coroutine_threadsafe(may_commit.wait(), loop).result(10)

    writing = asyncio.create_task(database.write(slow))
    await written.wait()
    jobs = Jobs(database, handler, DEAD_AFTER, PATIENCE)
    await jobs.open()
    try:
        await asyncio.sleep(3 * jobs_module.POLL_SECONDS)
        assert handler.handled["t1"] == 0, "the waiting job was taken before the words it stands for could be seen"
        may_commit.set()
        await writing
        await until_idle(database)
        assert handler.handled["t1"] == 1
    finally:
        await jobs.close(PATIENCE)


NO_END = """CREATE FUNCTION no_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF nextval('ends') <= 2 THEN RAISE EXCEPTION 'not now' USING ERRCODE = 'disk_full'; END IF; RETURN OLD; END $$"""
TRIGGER = "CREATE TRIGGER no_end BEFORE DELETE ON procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION no_end()"


async def test_a_job_whose_end_cannot_be_written_at_once_keeps_its_key_waiting_no_longer(
    database, handler, workers, monkeypatch
):
    monkeypatch.setattr(jobs_module, "RESTART_SECONDS", 0.05)
    for statement in ("CREATE SEQUENCE ends", NO_END, TRIGGER):
        await database.write(lambda s, statement=statement: s.execute(text(statement)) and None)
    await ring(database, "t1")

    async def handled() -> bool:
        return handler.handled["t1"] == 1

    await until(handled)
    await ring(database, "t1")
    await until_idle(database)
    assert handler.handled["t1"] == 2


async def test_the_keys_of_a_worker_that_died_are_taken_over(database, handler, workers):
    dead = (
        "WITH w AS (INSERT INTO procrastinate_workers (last_heartbeat) "
        "VALUES (now() - interval '1 minute') RETURNING id) "
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args, status, worker_id) "
        "SELECT 'recado', 'wake', 't9', 't9', '{\"key\": \"t9\"}', 'doing', id FROM w"
    )
    await database.write(lambda s: s.execute(text(dead)) and None)
    await until_idle(database)
    assert handler.handled["t9"] == 1


async def test_a_worker_asked_to_stop_gives_back_what_it_cannot_finish(database, handler):
    handler.gate.clear()
    one = Jobs(database, handler, DEAD_AFTER, timedelta(seconds=0.1))
    await one.open()
    await ring(database, "t1")

    async def runs() -> bool:
        return handler.running["t1"] == 1

    await until(runs)
    await one.close(PATIENCE)
    assert await waiting(database, "todo") == 1
    handler.gate.set()
    third = Jobs(database, handler, DEAD_AFTER, PATIENCE)
    await third.open()
    await until_idle(database)
    await third.close(PATIENCE)
    assert handler.handled["t1"] == 1
