"""The one row that workers look at every few seconds: which revision to search, and how often articles have changed."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.knowledge.models import IndexPointer
from retrieval.revision import IndexUnusableError


class Pointer(NamedTuple):
    """What every worker should search; empty names before anything was published."""

    revision: str = ""
    previous: str = ""
    changes: int = 0


def look(session: Session) -> Pointer:
    """Read it."""
    columns = (IndexPointer.revision, IndexPointer.previous, IndexPointer.changes)
    row = session.execute(select(*columns).where(IndexPointer.id == 1)).one_or_none()
    return Pointer(*row) if row else Pointer()


def note_change(session: Session) -> None:
    """Articles are being changed in this transaction: every worker looks again at what it may still show."""
    locked(session).changes += 1


def go_back(session: Session, revision: str) -> None:
    """Point to the previous revision, if that is still this one; raises IndexUnusableError."""
    row = locked(session)
    if row.previous != revision:
        raise IndexUnusableError("Another revision was published meanwhile; look again before you go back.")
    row.revision, row.previous = row.previous, row.revision


def locked(session: Session) -> IndexPointer:
    """The row, ours until the transaction ends."""
    row = session.get(IndexPointer, 1, with_for_update=True)
    if row is None:
        row = IndexPointer(id=1, revision="", previous="", changes=0)
        session.add(row)
        session.flush()
    return row
