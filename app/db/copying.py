"""From SQLite to PostgreSQL: every row of every table, in one transaction, compared before it is kept."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Integer, Table, func, insert, select, text
from sqlalchemy.schema import Column

from app.db.schema import metadata, require_newest
from app.errors import ConfigurationError, StoreUnavailableError

ROWS = 1_000  # read and written at once


def copy_rows(source: Engine, target: Engine) -> dict[str, int]:
    """Fill an empty `target`; returns the rows of each table. Both have the newest schema.

    Raises:
        ConfigurationError: the target holds something already.
        StoreUnavailableError: what arrived is not what was sent; nothing was kept.
    """
    require_newest(source)
    tables = metadata().sorted_tables
    with source.connect() as here, target.begin() as there:
        there.execute(text("SET LOCAL statement_timeout = 0"))
        for table in tables:
            if there.execute(select(table).limit(1)).first() is not None:
                raise ConfigurationError(f"The database is not empty: table {table.name} has rows.")
        counts = {table.name: _copy(table, here, there) for table in tables}
        for table in tables:
            _number_on(table, there)
    return counts


def _copy(table: Table, here: Connection, there: Connection) -> int:
    count, sent = 0, sha256()
    for rows in _pieces(table, here):
        there.execute(insert(table), rows)
        count += len(rows)
        _digest(rows, sent)
    arrived = sha256()
    for rows in _pieces(table, there):
        _digest(rows, arrived)
    if arrived.digest() != sent.digest():
        raise StoreUnavailableError(f"table {table.name} did not arrive as it was; nothing was copied")
    return count


def _pieces(table: Table, connection: Connection) -> Iterator[list[dict[str, Any]]]:
    """Rows by primary key, which both stores order alike when text is compared by its bytes."""
    keys = [_by_bytes(column, connection) for column in table.primary_key]
    result = connection.execute(select(table).order_by(*keys).execution_options(yield_per=ROWS))
    for piece in result.mappings().partitions():
        yield [{name: _storable(value) for name, value in row.items()} for row in piece]


def _by_bytes(column: Column[Any], connection: Connection) -> Any:
    is_text = column.type.python_type is str
    return column.collate("C") if is_text and connection.dialect.name == "postgresql" else column


def _storable(value: Any) -> Any:
    """PostgreSQL's text has no NUL and no half characters (`app.db.postgres.StorableText`)."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def _digest(rows: list[dict[str, Any]], into: Any) -> None:
    for row in rows:
        into.update(repr(sorted(row.items())).encode("utf-8", "replace"))


def _number_on(table: Table, connection: Connection) -> None:
    """New rows get numbers after those that were copied."""
    column = table.autoincrement_column
    if column is None or not isinstance(column.type, Integer):
        return
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
    connection.execute(select(func.setval(sequence, highest, False)).where(sequence.is_not(None)))
