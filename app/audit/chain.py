"""Adding to the audit trail: what a transaction notes is sealed to the chain when it commits, or undone with it.

`note` only remembers. The store seals at the very end of a transaction (`app.db`), so that on PostgreSQL, where one
transaction at a time may continue the chain, each holds that lock no longer than its commit takes.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.orm import Session, SessionTransaction

from app.audit.models import AuditEntry
from app.db.engine import one_at_a_time

SALT_BYTES = 16
FIRST = "0" * 64  # what the first entry is sealed to
LONGEST = 300  # characters of an actor, an action, a subject
NOTES, ACTOR = "audit notes", "audit actor"  # in a session's info

NEWEST = select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
ADD = insert(AuditEntry.__table__)  # type: ignore[arg-type]  # a mapped class has a table
FORGET = (
    update(AuditEntry)
    .where(AuditEntry.id.in_(bindparam("ids", expanding=True)), AuditEntry.details.is_not(None))
    .values(details=None, salt=None)
)


@dataclass(slots=True)
class _Note:
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    within: SessionTransaction | None = field(repr=False)  # the savepoint it belongs to


@contextmanager
def acting(session: Session, actor: str) -> Iterator[None]:
    """Everything noted inside was done by `actor`; others share a session with it before and after."""
    before = session.info.get(ACTOR)
    session.info[ACTOR] = actor
    try:
        yield
    finally:
        session.info[ACTOR] = before


def note(session: Session, action: str, subject: str, at: datetime, *, by: str = "system", **details: Any) -> None:
    """Remember that this was done; `by` is who did it when nobody is `acting`.

    `details` are plain values that may be erased one day. Never secrets, never what somebody wrote.
    """
    notes: list[_Note] | None = session.info.get(NOTES)
    if notes is None:
        notes = session.info[NOTES] = []
        event.listen(session, "after_soft_rollback", _undo)
    actor = session.info.get(ACTOR) or by
    notes.append(_Note(at, _clean(actor), _clean(action), _clean(subject), details, session.get_nested_transaction()))


def count_notes(session: Session) -> int:
    """How many the transaction has noted so far."""
    return len(session.info.get(NOTES, ()))


def seal(session: Session) -> None:
    """Write what was noted to the end of the chain; the last thing a transaction does before it commits."""
    notes: list[_Note] = session.info.get(NOTES, [])
    if not notes:
        return
    one_at_a_time(session, "audit trail")
    connection = session.connection()
    newest = connection.execute(NEWEST).first()
    position, before = (newest.id, newest.hash) if newest else (0, FIRST)
    rows = []
    for made in notes:
        position += 1
        row = _row(made, position, before)
        before = row["hash"]
        rows.append(row)
    connection.execute(ADD, rows)
    notes.clear()


def erase_details(session: Session, ids: list[int], at: datetime, *, subject: str) -> None:
    """Erase what these entries say beside who, what and when, and note that it was erased."""
    if ids:
        session.connection().execute(FORGET, {"ids": ids})
        note(session, "audit.erased", subject, at, entries=ids)


def hash_of(before: str, row: Any) -> str:
    """The seal of an entry behind one whose hash is `before`."""
    sealed = [before, row.id, row.at.astimezone(UTC).isoformat(), row.actor, row.action, row.subject, row.digest]
    return hashlib.sha256(json.dumps(sealed, ensure_ascii=False).encode()).hexdigest()


def digest_of(salt: str, details: str) -> str:
    """What stays of details when they are erased; without the salt nobody can try what they were."""
    return hashlib.sha256(f"{salt}{details}".encode()).hexdigest()


def _row(made: _Note, position: int, before: str) -> dict[str, Any]:
    details = json.dumps(made.details, sort_keys=True, default=str)
    salt = secrets.token_hex(SALT_BYTES)
    entry = AuditEntry(
        id=position, at=made.at, actor=made.actor, action=made.action, subject=made.subject,
        details=details, salt=salt, digest=digest_of(salt, details), hash="",
    )  # fmt: skip
    told = {column.key: getattr(entry, column.key) for column in AuditEntry.__table__.columns}
    return told | {"hash": hash_of(before, entry)}


def _undo(session: Session, previous: SessionTransaction) -> None:
    """Forget what was noted in a savepoint that was rolled back, or in one inside of it."""
    notes: list[_Note] = session.info.get(NOTES, [])
    notes[:] = [made for made in notes if not _is_within(made.within, previous)]


def _is_within(inner: SessionTransaction | None, outer: SessionTransaction) -> bool:
    while inner is not None:
        if inner is outer:
            return True
        inner = inner.parent
    return not outer.nested


def _clean(text: str) -> str:
    """As both stores keep it, so that the seal fits what is read back."""
    kept = "".join(sign for sign in text if sign.isprintable())
    return kept.encode("utf-8", "replace").decode()[:LONGEST]
