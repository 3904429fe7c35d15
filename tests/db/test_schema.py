import asyncio
import os
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from app.container import open_house
from app.db.schema import _config, metadata, revisions, upgrade
from app.errors import ConfigurationError, DataDirectoryBusyError, StoreUnavailableError
from app.settings import DatabaseSettings, Settings
from tests.stores import need_postgres, postgres_database, sqlalchemy_url

ROOT = Path(__file__).parents[2]


def settings_for(url: str, tmp_path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database=DatabaseSettings(url=url))


def test_the_migrations_make_exactly_the_tables_of_the_models(store_url):
    engine = create_engine(sqlalchemy_url(store_url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours, "render_as_batch": True})
        assert compare_metadata(context, metadata()) == []
    engine.dispose()


def ours(_object, name, kind, _reflected, _other) -> bool:
    return not (kind == "table" and name.startswith("procrastinate_"))


def test_partial_indexes_are_partial_on_either_store(store_url):
    engine = create_engine(sqlalchemy_url(store_url))
    query = "SELECT indexdef FROM pg_indexes WHERE indexname = 'session_open'"
    if engine.dialect.name == "sqlite":
        query = "SELECT sql FROM sqlite_master WHERE name = 'session_open'"
    with engine.connect() as connection:
        definition = connection.execute(text(query)).scalar_one()
    engine.dispose()
    assert "UNIQUE" in definition
    assert "ended_at IS NULL" in definition


def test_the_newest_revision_is_the_migrations_head(store_url):
    engine = create_engine(sqlalchemy_url(store_url))
    head = ScriptDirectory.from_config(_config(engine)).get_current_head()
    assert revisions(engine) == (head, head)
    engine.dispose()


async def test_a_shared_database_is_migrated_only_when_asked_to(tmp_path):
    need_postgres()
    with postgres_database() as url:
        settings = settings_for(url, tmp_path)
        with pytest.raises(ConfigurationError, match="recado db upgrade"):
            async with open_house(settings):
                pass
        async with open_house(settings, migrate=True):
            pass
        async with open_house(settings) as house:
            assert await house.database.read(lambda s: s.scalar(text("SELECT count(*) FROM inbox"))) == 0


async def test_several_processes_may_migrate_at_once(tmp_path):
    need_postgres()

    async def migrate(url: str) -> int:
        environment = {**os.environ, "RECADO_DATABASE__URL": url, "RECADO_DATA_DIR": str(tmp_path / "data")}
        command = (sys.executable, "-m", "app.cli", "db", "upgrade")
        process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=ROOT)
        return await process.wait()

    with postgres_database() as url:
        assert await asyncio.gather(*(migrate(url) for _ in range(3))) == [0, 0, 0]


async def test_processes_of_a_shared_database_have_folders_of_their_own(stores, tmp_path):
    with stores.postgres() as url:
        settings = settings_for(url, tmp_path)
        async with open_house(settings) as one, open_house(settings) as other:
            assert one.data_dir != other.data_dir
        async with open_house(settings) as again:
            assert again.data_dir == one.data_dir


async def test_one_process_owns_a_sqlite_store(tmp_path):
    settings = Settings(data_dir=tmp_path / "data")
    async with open_house(settings):
        with pytest.raises(DataDirectoryBusyError):
            async with open_house(settings):
                pass


async def test_a_server_that_is_away_is_told_in_one_sentence_without_the_password(tmp_path, free_port):
    settings = settings_for(f"postgresql://recado:s3cret@127.0.0.1:{free_port()}/recado", tmp_path)
    with pytest.raises(StoreUnavailableError, match="does not answer") as told:
        async with open_house(settings):
            pass
    assert "s3cret" not in str(told.value)


def test_a_new_database_is_brought_to_the_newest_revision_once(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'new.db'}")
    newest = revisions(engine)[1]
    assert upgrade(engine) == (None, newest)
    assert upgrade(engine) == (newest, newest)
    engine.dispose()
