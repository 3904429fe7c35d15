import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.engine import Database, open_database
from app.db.models import Notice
from app.errors import ConfigurationError, StoreUnavailableError


@pytest.fixture
async def notes(database: Database) -> Database:
    await database.write(lambda s: s.execute(text("CREATE TABLE note (word TEXT UNIQUE)")) and None)
    return database


def add(word: str):
    return lambda s: s.execute(text("INSERT INTO note VALUES (:word)"), {"word": word}) and None


def words(session: Session) -> list[str]:
    return list(session.scalars(text("SELECT word FROM note ORDER BY word")))


async def test_what_was_written_is_read(notes: Database):
    await notes.write(add("a"))
    assert await notes.read(words) == ["a"]


async def test_many_callers_at_once_are_all_kept(notes: Database):
    await asyncio.gather(*[notes.write(add(str(n))) for n in range(1000)])
    assert len(await notes.read(words)) == 1000


async def test_a_failing_write_undoes_only_itself(notes: Database):
    def half(session: Session) -> None:
        add("half")(session)
        raise ValueError("no")

    outcomes = await asyncio.gather(
        notes.write(add("a")), notes.write(half), notes.write(add("b")), return_exceptions=True
    )
    assert isinstance(outcomes[1], ValueError)
    assert await notes.read(words) == ["a", "b"]


async def test_a_constraint_is_the_callers_error_and_the_group_is_kept(notes: Database):
    outcomes = await asyncio.gather(*[notes.write(add(word)) for word in ("a", "a", "b")], return_exceptions=True)
    assert [type(outcome).__name__ for outcome in outcomes if isinstance(outcome, Exception)] == ["IntegrityError"]
    assert await notes.read(words) == ["a", "b"]


async def test_a_caller_who_gave_up_does_not_disturb_the_others(notes: Database):
    gone = asyncio.create_task(notes.write(add("gone")))
    await asyncio.sleep(0)
    gone.cancel()
    await notes.write(add("stays"))
    assert "stays" in await notes.read(words)


async def test_a_read_cannot_write(notes: Database):
    with pytest.raises(DBAPIError, match=r"(?i)read-?only"):
        await notes.read(add("sly"))


async def test_a_database_locked_from_outside_is_unavailable_and_then_works_again(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("app.db.sqlite.BUSY_MS", 50)
    notes = open_database(f"sqlite:///{tmp_path / 'notes.db'}")
    await notes.write(lambda s: s.execute(text("CREATE TABLE note (word TEXT UNIQUE)")))
    intruder = sqlite3.connect(tmp_path / "notes.db", isolation_level=None)
    intruder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailableError):
        await notes.write(add("a"))
    intruder.execute("ROLLBACK")
    intruder.close()
    await notes.write(add("b"))
    assert await notes.read(words) == ["b"]
    await notes.close()


async def test_every_commit_is_flushed_to_disk(database: Database):
    if database.is_shared:
        assert await database.write(lambda s: s.scalar(text("SHOW synchronous_commit"))) == "on"
        return
    assert await database.write(lambda s: s.scalar(text("PRAGMA synchronous"))) == 2  # FULL
    assert await database.write(lambda s: s.scalar(text("PRAGMA journal_mode"))) == "wal"


def test_another_database_is_refused_in_one_sentence():
    with pytest.raises(ConfigurationError, match="RECADO_DATABASE__URL"):
        open_database("mysql://somewhere/recado")


async def test_a_row_that_breaks_a_rule_when_it_is_flushed_undoes_only_its_own_work(database: Database, clock):
    def keep(key):
        return lambda s: s.add(Notice(key=key, kind="error", body={}, at=clock()))

    outcomes = await asyncio.gather(*[database.write(keep(key)) for key in ("a", "a", "b")], return_exceptions=True)
    assert [type(outcome).__name__ for outcome in outcomes if outcome] == ["IntegrityError"]
    assert sorted(await database.read(lambda s: list(s.scalars(select(Notice.key))))) == ["a", "b"]
