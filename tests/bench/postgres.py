"""Databases of the bench's own on a PostgreSQL server, dropped afterwards."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

SERVER = os.environ.get("RECADO_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


def version() -> str:
    """The server's version; empty when there is none."""
    try:
        with psycopg.connect(SERVER, connect_timeout=2) as session:
            return str(session.info.parameter_status("server_version")).split()[0]
    except psycopg.OperationalError:
        return ""


@contextmanager
def database(template: str = "template1") -> Iterator[str]:
    """A new database, a copy of `template`; yields its SQLAlchemy URL."""
    name = f"recado_bench_{secrets.token_hex(4)}"
    with psycopg.connect(SERVER, autocommit=True) as session:
        session.execute(f'CREATE DATABASE "{name}" TEMPLATE "{name_of(template)}"')
        try:
            yield f"{SERVER.rpartition('/')[0]}/{name}".replace("postgresql:", "postgresql+psycopg:", 1)
        finally:
            session.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def name_of(url: str) -> str:
    """The database a URL names; a bare name is itself."""
    return url.rpartition("/")[2]


def size(url: str) -> int:
    """Bytes of a database's files."""
    with psycopg.connect(SERVER) as session:
        row = session.execute("SELECT pg_database_size(%s)", (name_of(url),)).fetchone()
    return int(row[0]) if row else 0
