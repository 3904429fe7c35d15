"""Inserting what is not there yet."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import Insert


def insert_new(table: Table) -> Insert:
    """INSERT … ON CONFLICT DO NOTHING, for either store: rows whose key is taken change and return nothing."""
    return postgresql.insert(table).on_conflict_do_nothing()
