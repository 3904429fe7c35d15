"""The audit trail: written with what it tells of, sealed, and read over after somebody has been at it with SQL."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.audit.chain import acting, erase_details, note
from app.audit.models import AuditEntry
from app.audit.reading import Wish, count, entries, kinds_of_actors
from app.audit.verification import head, read_anchor, verify
from app.db.engine import Database
from app.errors import ConfigurationError

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
TRIGGERS = ("audit_entry_kept", "audit_entry_unchanged", "audit_entry_not_replaced", "audit_entry_not_truncated")


def write_some(session: Session, many: int = 6) -> None:
    for number in range(1, many + 1):
        note(session, "request.comment", f"request {number}", NOW, by="employee", event=number, name=f"Ana {number}")


@pytest.fixture
async def trail(database: Database) -> Database:
    """A store with six entries."""
    await database.write(write_some)
    return database


async def tamper(database: Database, *statements: str) -> None:
    """As somebody who may do everything in the database, and takes the triggers off first."""
    engine = database.engine
    with engine.begin() as connection:
        for name in TRIGGERS:
            where = " ON audit_entry" if database.is_shared else ""
            connection.execute(text(f"DROP TRIGGER IF EXISTS {name}{where}"))
        for statement in statements:
            connection.execute(text(statement))


async def troubles(database: Database, anchor=None) -> list[tuple[str, int, int]]:
    verdict = await database.read(lambda session: verify(session, anchor))
    assert verdict.holds == (not verdict.troubles)
    return [(trouble.kind, trouble.first, trouble.last) for trouble in verdict.troubles]


async def test_an_untouched_trail_holds(trail):
    verdict = await trail.read(verify)
    assert (verdict.holds, verdict.entries, verdict.erased, verdict.head.id) == (True, 6, 0, 6)


async def test_what_a_transaction_noted_goes_with_it(database):
    def fail(session: Session) -> None:
        note(session, "a.b", "c", NOW)
        raise KeyError("undone")

    with pytest.raises(KeyError):
        await database.write(fail)
    assert await database.read(count) == 0


async def test_what_was_noted_in_a_savepoint_goes_with_it(database):
    def work(session: Session) -> None:
        note(session, "first.one", "kept", NOW)
        for undone in ("outer", "inner"):
            with pytest.raises(KeyError), session.begin_nested():  # noqa: PT012 -- all of it is undone
                note(session, "second.one", undone, NOW)
                with session.begin_nested():
                    note(session, "third.one", undone, NOW)
                raise KeyError
        with session.begin_nested():
            note(session, "fourth.one", "kept", NOW)

    await database.write(work)
    found = await database.read(lambda s: entries(s, Wish()))
    assert [row.action for row in found] == ["fourth.one", "first.one"]
    assert await troubles(database) == []


async def test_who_acts_is_who_did_it_and_nobody_else(database):
    def work(session: Session) -> None:
        with acting(session, "staff 3"):
            note(session, "a.b", "x", NOW, by="system")
        note(session, "a.b", "y", NOW, by="employee")

    await database.write(work)
    found = await database.read(lambda s: entries(s, Wish()))
    assert [(row.actor, row.subject) for row in found] == [("employee", "y"), ("staff 3", "x")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'staff 9' WHERE id = 3",
        "UPDATE audit_entry SET details = '{}' WHERE id = 3",
        "UPDATE audit_entry SET details = NULL WHERE id = 3",
        "UPDATE audit_entry SET details = NULL, salt = NULL, subject = 'x' WHERE id = 3",
        "DELETE FROM audit_entry WHERE id = 3",
        "DELETE FROM audit_entry",
    ],
)
async def test_the_store_itself_refuses_changes(trail, statement):
    with pytest.raises(DatabaseError, match="only added to"), trail.engine.begin() as connection:
        connection.execute(text(statement))
    assert await troubles(trail) == []


async def test_the_store_refuses_what_replaces_everything(trail):
    statement = (
        "TRUNCATE audit_entry"
        if trail.is_shared
        else (
            "INSERT OR REPLACE INTO audit_entry SELECT id, at, 'staff 9', action, subject, details, salt, digest, hash "
            "FROM audit_entry WHERE id = 3"
        )
    )
    with pytest.raises(DatabaseError, match="only added to"), trail.engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("column", ["actor", "action", "subject", "digest", "hash"])
async def test_an_altered_entry_is_found(trail, column):
    await tamper(trail, f"UPDATE audit_entry SET {column} = 'staff 9' WHERE id = 3")  # noqa: S608 -- ours
    found = await troubles(trail)
    assert ("altered", 3, 3) in found
    assert {first for _, first, _ in found} <= {3, 4}


async def test_an_altered_time_is_found(trail):
    await tamper(trail, "UPDATE audit_entry SET at = '2026-11-24 12:00:01.123456' WHERE id = 3")
    assert await troubles(trail) == [("altered", 3, 3)]


async def test_altered_details_are_found(trail):
    await tamper(trail, """UPDATE audit_entry SET details = '{"event": 4}' WHERE id = 3""")
    assert await troubles(trail) == [("details_altered", 3, 3)]


async def test_a_missing_entry_is_found(trail):
    await tamper(trail, "DELETE FROM audit_entry WHERE id IN (3, 4)")
    assert await troubles(trail) == [("missing", 3, 4), ("altered", 5, 5)]


async def test_a_missing_first_entry_is_found(trail):
    await tamper(trail, "DELETE FROM audit_entry WHERE id = 1")
    assert await troubles(trail) == [("missing", 1, 1), ("altered", 2, 2)]


async def test_entries_that_changed_places_are_found(trail):
    await tamper(
        trail,
        "UPDATE audit_entry SET id = 99 WHERE id = 3",
        "UPDATE audit_entry SET id = 3 WHERE id = 4",
        "UPDATE audit_entry SET id = 4 WHERE id = 99",
    )
    assert [found[:2] for found in await troubles(trail)] == [("altered", 3), ("altered", 4), ("altered", 5)]


async def test_an_inserted_entry_is_found(trail):
    copied = "at, 'staff 9', action, subject, details, salt, digest, hash FROM audit_entry WHERE id = 2"
    await tamper(trail, f"INSERT INTO audit_entry SELECT 7, {copied}")
    assert await troubles(trail) == [("altered", 7, 7)]


async def test_an_entry_squeezed_in_is_found(trail):
    copied = "at, 'staff 9', action, subject, details, salt, digest, hash FROM audit_entry WHERE id = 2"
    moved = [f"UPDATE audit_entry SET id = {number + 1} WHERE id = {number}" for number in (6, 5, 4, 3)]  # noqa: S608 -- ours
    await tamper(trail, *moved, f"INSERT INTO audit_entry SELECT 3, {copied}")
    assert ("altered", 3, 3) in await troubles(trail)


async def test_a_cut_off_end_is_found_with_an_anchor(trail, tmp_path):
    anchor = await trail.read(lambda session: head(session, NOW))
    (tmp_path / "anchor.json").write_text(json.dumps(asdict(anchor)))
    kept = read_anchor(tmp_path / "anchor.json")
    await trail.write(lambda session: note(session, "a.b", "later", NOW))
    assert await troubles(trail, kept) == []
    await tamper(trail, "DELETE FROM audit_entry WHERE id > 4")
    assert await troubles(trail) == []  # nothing else tells
    assert await troubles(trail, kept) == [("truncated", 5, 6)]


async def test_a_trail_written_anew_is_found_with_an_anchor(trail):
    anchor = await trail.read(lambda session: head(session, NOW))
    await tamper(trail, "DELETE FROM audit_entry")
    await trail.write(lambda session: write_some(session, 8))
    assert await troubles(trail) == []
    assert await troubles(trail, anchor) == [("anchor_differs", 6, 6)]


def test_what_is_no_anchor_is_refused(tmp_path):
    (tmp_path / "anchor.json").write_text("[]")
    with pytest.raises(ConfigurationError, match="no anchor"):
        read_anchor(tmp_path / "anchor.json")


async def test_erased_details_leave_a_trail_that_holds_and_says_so(trail):
    await trail.write(lambda session: erase_details(session, [2, 4], NOW, subject="wish 1"))
    verdict = await trail.read(verify)
    assert (verdict.holds, verdict.erased, verdict.entries) == (True, 2, 7)
    rows = await trail.read(lambda s: entries(s, Wish()))
    told = {row.id: row.details for row in rows}
    assert told[2] is None
    assert "Ana 2" not in json.dumps(told)


async def test_details_erased_without_an_order_are_found(trail):
    with trail.engine.begin() as connection:  # the one change that the triggers allow
        connection.execute(text("UPDATE audit_entry SET details = NULL, salt = NULL WHERE id = 3"))
    assert await troubles(trail) == [("erased_without_order", 3, 3)]


async def test_many_at_once_make_one_chain(database):
    """Transactions of several threads and, on PostgreSQL, connections."""

    def work(number: int) -> None:
        return lambda session: write_some(session, 1 + number % 3)

    await asyncio.gather(*(database.write(work(number)) for number in range(60)))
    verdict = await database.read(verify)
    assert (verdict.holds, verdict.entries) == (True, 120)


async def test_words_no_store_keeps_as_they_are_seal_all_the_same(database):
    await database.write(lambda s: note(s, "a.b", "x\0y\ud800" + "z" * 999, NOW, word="\0\ud800\u202e"))
    assert await troubles(database) == []


async def test_entries_are_found_by_who_what_subject_and_time(trail):
    await trail.write(lambda s: note(s, "sign_in.passed", "staff 1", NOW.replace(hour=13), by="visitor"))

    async def found(**asked) -> list[int]:
        return [row.id for row in await trail.read(lambda s: entries(s, Wish(**asked)))]

    assert await found(actor="visitor") == [7]
    assert await found(kind="sign_in") == [7]
    assert await found(kind="sign") == []
    assert await found(subject="request 3") == [3]
    assert await found(since=NOW.replace(hour=13)) == [7]
    assert await found(until=NOW.replace(hour=13)) == [6, 5, 4, 3, 2, 1]
    assert await trail.read(kinds_of_actors) == ["employee", "visitor"]
    assert [row.id for row in await trail.read(lambda s: entries(s, Wish(), before=4, limit=2))] == [3, 2]


def test_a_copied_store_keeps_its_chain(stores, tmp_path):
    """`recado db copy` takes the trail along as it is."""
    from sqlalchemy import create_engine

    from app.db.copying import copy_rows
    from tests.stores import sqlalchemy_url

    source = create_engine(stores.sqlite(tmp_path))
    from app.audit.chain import seal

    with Session(source) as session:
        write_some(session)
        seal(session)
        session.commit()
    with stores.postgres() as url:
        target = create_engine(sqlalchemy_url(url))
        assert copy_rows(source, target)["audit_entry"] == 6
        with Session(target) as session:
            assert verify(session).holds
            assert session.get(AuditEntry, 6).details
        target.dispose()
    source.dispose()
