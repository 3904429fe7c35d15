from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.orm import Session

from app.db.copying import copy_rows
from app.db.models import Conversation, InboxMessage, Notice, Turn
from app.db.schema import metadata
from app.errors import ConfigurationError
from tests.stores import sqlalchemy_url

NOW = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def stores_of_a_company(stores, tmp_path):
    """A SQLite store with rows of many kinds, and an empty PostgreSQL one."""
    with stores.postgres() as url:
        source, target = create_engine(stores.sqlite(tmp_path)), create_engine(sqlalchemy_url(url))
        with Session(source) as session, session.begin():
            for n in range(1, 2501):
                session.add(
                    Conversation(id=n, phone_number_id="p", wa_id=f"55{n}", checkpoint=bytes([n % 256]), created_at=NOW)
                )
            session.flush()
            session.add(InboxMessage(wamid="w1", conversation_id=7, body={"text": "ação 🔥 \0"}, received_at=NOW))
            session.add(Turn(conversation_id=7, version=1, at=NOW, engine="e", intents="", prompts="", milliseconds={}))
            session.add(Notice(key="k\0", kind="error", body={"raw": "a\0b"}, at=NOW))
        yield source, target
        source.dispose()
        target.dispose()


def everything(engine: Engine, table) -> list:
    with engine.connect() as connection:
        rows = connection.execute(select(table).order_by(*table.primary_key))
        return [dict(row) for row in rows.mappings()]


def test_every_row_of_every_table_is_there_as_it_was(stores_of_a_company):
    source, target = stores_of_a_company
    counts = copy_rows(source, target)
    assert set(counts) == {table.name for table in metadata().sorted_tables}
    assert (counts["conversation"], counts["inbox"], counts["turn"]) == (2500, 1, 1)
    for table in metadata().sorted_tables:
        if table.name != "notice":
            assert everything(target, table) == everything(source, table)


def test_what_postgresql_cannot_hold_of_a_text_is_left_out_and_the_rest_stays(stores_of_a_company):
    source, target = stores_of_a_company
    copy_rows(source, target)
    notice = everything(target, metadata().tables["notice"])[0]
    assert (notice["key"], notice["body"]) == ("k", {"raw": "a\0b"})


def test_what_comes_after_the_copy_gets_numbers_of_its_own(stores_of_a_company):
    source, target = stores_of_a_company
    copy_rows(source, target)
    with Session(target) as session, session.begin():
        session.add(Conversation(phone_number_id="p", created_at=NOW))
        session.add(InboxMessage(wamid="w2", conversation_id=7, body={}, received_at=NOW))
        session.flush()
        assert session.scalar(select(func.max(Conversation.id))) == 2501
        assert session.scalar(select(func.max(InboxMessage.seq))) == 2


def test_a_database_with_something_in_it_is_not_copied_over(stores_of_a_company):
    source, target = stores_of_a_company
    copy_rows(source, target)
    with pytest.raises(ConfigurationError, match="not empty"):
        copy_rows(source, target)


def test_a_copy_that_fails_in_the_middle_leaves_nothing(stores_of_a_company):
    source, target = stores_of_a_company
    with target.begin() as connection:
        connection.execute(text("ALTER TABLE turn ADD CONSTRAINT impossible CHECK (version < 0)"))
    with pytest.raises(Exception, match="impossible"):
        copy_rows(source, target)
    assert everything(target, metadata().tables["conversation"]) == []
