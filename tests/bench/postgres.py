"""What the bench asks a PostgreSQL server."""

import psycopg

from app.db.postgres import conninfo
from tests.stores import SERVER, postgres_trouble


def version() -> str:
    """The server's version; empty when there is none."""
    if postgres_trouble():
        return ""
    with psycopg.connect(f"{conninfo(SERVER)}/postgres") as session:
        return str(session.info.parameter_status("server_version")).split()[0]


def size(url: str) -> int:
    """Bytes of a database's files."""
    with psycopg.connect(conninfo(url)) as session:
        row = session.execute("SELECT pg_database_size(current_database())").fetchone()
    return int(row[0]) if row else 0
