"""Stores for tests: a SQLite file, and a database of their own on a PostgreSQL server where one answers."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine

from app.db.postgres import conninfo, driver_url
from app.db.schema import upgrade

SERVER = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432")
HOW = f"no PostgreSQL answers at {SERVER}: start one (`docker compose up -d postgres`, or your system's package)"


@cache
def postgres_trouble() -> str:
    """Why there is no PostgreSQL to test on; empty when there is."""
    try:
        psycopg.connect(f"{conninfo(SERVER)}/postgres", connect_timeout=3).close()
    except psycopg.Error as error:
        return f"{HOW} ({str(error).splitlines()[0]})"
    return ""


def need_postgres() -> None:
    """Skip without a server; where CI runs there is one, and a skip would hide what broke."""
    if trouble := postgres_trouble():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(trouble)


def _command(statement: str) -> None:
    with psycopg.connect(f"{conninfo(SERVER)}/postgres", autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def postgres_database(template: str = "template0") -> Iterator[str]:
    """The URL of a new database, dropped afterwards whoever still uses it."""
    name = f"recado_test_{secrets.token_hex(6)}"
    _command(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield f"{SERVER}/{name}"
    finally:
        _command(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def sqlalchemy_url(url: str) -> str:
    """The URL with our driver, for an engine of a test's own."""
    return driver_url(url) if url.startswith("postgresql") else url


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema."""
    engine = create_engine(sqlalchemy_url(url))
    upgrade(engine)
    engine.dispose()


class Stores:
    """New migrated stores in no time: each is a copy of one that was migrated once."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._sqlite, self._stack = folder / "template.db", stack
        self._postgres = ""

    def sqlite(self, folder: Path) -> str:
        """A file in `folder`."""
        if not self._sqlite.exists():
            migrate(f"sqlite:///{self._sqlite}")
        shutil.copy(self._sqlite, folder / "recado.db")
        return f"sqlite:///{folder / 'recado.db'}"

    @contextmanager
    def postgres(self) -> Iterator[str]:
        """A database of the server, for as long as it is needed."""
        need_postgres()
        if not self._postgres:
            self._postgres = self._stack.enter_context(postgres_database())
            migrate(self._postgres)
        with postgres_database(self._postgres.rpartition("/")[2]) as url:
            yield url
