"""What waits in the store: unread messages, outbox lanes by kind and state, wake-ups and the workers that hear them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import outbox
from app.db.models import OutboxEntry

JOBS = text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY status ORDER BY status")
WORKERS = text("SELECT id, last_heartbeat FROM procrastinate_workers ORDER BY last_heartbeat DESC LIMIT 50")


@dataclass(frozen=True, slots=True)
class Lane:
    """Entries of one kind in one state."""

    kind: str  # message, mail, fetch
    state: str
    count: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Beat:
    """A worker on PostgreSQL and when it was last heard of."""

    id: int
    last_heard_at: datetime


def lanes(session: Session) -> list[Lane]:
    """All that is not settled, by kind and state."""
    states = (*outbox.UNSETTLED, *outbox.TROUBLED)
    counted = (
        select(OutboxEntry.kind, OutboxEntry.state, func.count(), func.min(OutboxEntry.created_at))
        .where(OutboxEntry.state.in_(states))
        .group_by(OutboxEntry.kind, OutboxEntry.state)
    )
    found = [Lane(*row) for row in session.execute(counted)]
    return sorted(found, key=lambda lane: (states.index(lane.state), lane.kind))


def jobs(session: Session) -> dict[str, int]:
    """Wake-ups by status where they are rows of a queue; nothing on SQLite, which has none."""
    if not _has_queue(session):
        return {}
    return {status: int(count) for status, count in session.execute(JOBS)}


def workers(session: Session) -> list[Beat]:
    """Workers of all machines, on PostgreSQL."""
    if not _has_queue(session):
        return []
    return [Beat(int(worker), heard_at) for worker, heard_at in session.execute(WORKERS)]


def _has_queue(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
