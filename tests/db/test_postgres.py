"""What only PostgreSQL can do to us: races between processes, connections that break."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db.engine import one_at_a_time, open_database, shown_url
from app.errors import StoreUnavailableError


@pytest.fixture
async def pair(stores):
    """Two processes' views of one database, with a table of counters."""
    with stores.postgres() as url:
        one, other = open_database(url), open_database(url)
        await one.write(lambda s: s.execute(text("CREATE TABLE tally (name TEXT PRIMARY KEY, n INT)")) and None)
        yield one, other
        await one.close()
        await other.close()


def count_up(session) -> None:
    """Read, then write what was read plus one: right only when nobody comes between."""
    one_at_a_time(session, "tally")
    found = session.scalar(text("SELECT n FROM tally WHERE name = 'a'"))
    if found is None:
        session.execute(text("INSERT INTO tally VALUES ('a', 1)"))
    else:
        session.execute(text("UPDATE tally SET n = :n WHERE name = 'a'"), {"n": found + 1})


async def test_what_must_happen_one_at_a_time_does_so_across_processes(pair):
    await asyncio.gather(*(database.write(count_up) for database in pair for _ in range(50)))
    assert await pair[0].read(lambda s: s.scalar(text("SELECT n FROM tally"))) == 100


async def test_who_loses_a_race_for_a_key_runs_again_and_sees_the_winners_row(pair):
    def add_unless_there(session) -> None:
        if session.scalar(text("SELECT n FROM tally WHERE name = 'b'")) is None:
            session.execute(text("SELECT pg_sleep(0.05)"))
            session.execute(text("INSERT INTO tally VALUES ('b', 1)"))

    await asyncio.gather(*(database.write(add_unless_there) for database in pair for _ in range(4)))
    assert await pair[0].read(lambda s: s.scalar(text("SELECT count(*) FROM tally"))) == 1


async def test_a_key_that_is_simply_taken_is_the_callers_error(pair):
    def add(session) -> None:
        session.execute(text("INSERT INTO tally VALUES ('c', 1)"))

    await pair[0].write(add)
    with pytest.raises(IntegrityError):
        await pair[1].write(add)


async def test_deadlocked_transactions_are_all_kept_in_the_end(pair):
    await pair[0].write(lambda s: s.execute(text("INSERT INTO tally VALUES ('x', 0), ('y', 0)")) and None)

    def both(first: str, second: str):
        def work(session) -> None:
            for name in (first, second):
                session.execute(text("UPDATE tally SET n = n + 1 WHERE name = :name"), {"name": name})
                session.execute(text("SELECT pg_sleep(0.1)"))

        return work

    await asyncio.gather(pair[0].write(both("x", "y")), pair[1].write(both("y", "x")))
    assert await pair[0].read(lambda s: list(s.scalars(text("SELECT n FROM tally ORDER BY name")))) == [2, 2]


async def test_a_connection_cut_in_a_transaction_is_unavailable_and_the_next_write_works(pair):
    def cut(session) -> None:
        count_up(session)
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StoreUnavailableError):
        await pair[0].write(cut)
    assert pair[0].refusing
    await pair[0].write(count_up)
    assert not pair[0].refusing
    assert await pair[1].read(lambda s: s.scalar(text("SELECT n FROM tally"))) == 1


async def test_a_lock_held_too_long_is_unavailable_not_a_hang(pair):
    def hold(session) -> None:
        session.execute(text("LOCK TABLE tally"))
        asyncio.run_coroutine_threadsafe(free.wait(), loop).result(20)

    loop, free = asyncio.get_running_loop(), asyncio.Event()
    holding = asyncio.create_task(pair[0].write(hold))
    await asyncio.sleep(0.2)
    try:

        def impatient(session) -> None:
            session.execute(text("SET LOCAL lock_timeout = '100ms'"))
            count_up(session)

        with pytest.raises(StoreUnavailableError):
            await pair[1].write(impatient)
    finally:
        free.set()
        await holding


async def test_text_that_postgresql_refuses_is_stored_without_what_it_refuses(pair):
    def add(session) -> None:
        session.execute(text("INSERT INTO tally VALUES (:name, 1)"), {"name": "a\0b\ud800c"})

    await pair[0].write(add)
    assert await pair[1].read(lambda s: s.scalar(text("SELECT name FROM tally"))) == "ab?c"


def test_a_shown_url_hides_the_password():
    assert "s3cret" not in shown_url("postgresql://recado:s3cret@db/recado")
