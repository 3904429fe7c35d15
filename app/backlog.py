"""How much waits and for how long, out of the tables: what `/health/ready` tells and `/metrics` counts."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import outbox
from app.db.models import InboxMessage, MediaFile, OutboxEntry
from app.metrics import INBOX, OLDEST_UNREAD, OLDEST_UNSENT, OUTBOX


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counts, and ages in seconds of what has waited longest (0 = nothing waits)."""

    unread: int
    oldest_unread: float
    given_up: int  # messages no turn could answer
    outbox: dict[str, int] = field(default_factory=dict)  # by state
    oldest_unsent: dict[str, float] = field(default_factory=dict)  # by kind
    files_failed: int = 0

    def as_json(self) -> dict[str, float]:
        """Return it for `/health/ready`; ages in whole seconds."""
        waits = {"unread": self.unread, "oldest_unread_seconds": round(self.oldest_unread), "given_up": self.given_up}
        return {**self.outbox, **waits, "oldest_unsent_seconds": round(max(self.oldest_unsent.values(), default=0)),
                "files_failed": self.files_failed}  # fmt: skip

    def publish(self) -> None:
        """Set the gauges."""
        INBOX.labels("new").set(self.unread)
        INBOX.labels("dead").set(self.given_up)
        OLDEST_UNREAD.set(self.oldest_unread)
        for state in (*outbox.UNSETTLED, *outbox.TROUBLED):
            OUTBOX.labels(state).set(self.outbox.get(state, 0))
        for kind in outbox.LANES:
            OLDEST_UNSENT.labels(kind).set(self.oldest_unsent.get(kind, 0))


def measure(session: Session, now: datetime) -> Backlog:
    """Look at the tables; what was answered long ago is not read where a partial index tells what was not."""
    unread, oldest = session.execute(
        select(func.count(), func.min(InboxMessage.received_at)).where(outbox.spelt(InboxMessage.state, ["new"]))
    ).one()
    dead = select(func.count()).where(outbox.spelt(InboxMessage.state, ["dead"]))
    failed = select(func.count()).where(MediaFile.state == "failed")
    waiting = (
        select(OutboxEntry.kind, func.min(OutboxEntry.created_at))
        .where(outbox.spelt(OutboxEntry.state, outbox.UNSETTLED))
        .group_by(OutboxEntry.kind)
    )
    return Backlog(
        unread=unread,
        oldest_unread=_age(oldest, now),
        given_up=session.execute(dead).scalar_one(),
        outbox=outbox.count_by_state(session),
        oldest_unsent={kind: _age(since, now) for kind, since in session.execute(waiting)},
        files_failed=session.execute(failed).scalar_one(),
    )


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
