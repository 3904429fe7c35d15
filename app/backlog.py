"""How much waits and for how long, out of the tables: what `/health/ready` tells and `/metrics` counts."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import channel, outbox
from app.channel import Standing
from app.db.models import InboxMessage, MediaFile, OutboxEntry
from app.metrics import CHANNEL_STOPPED, INBOX, OLDEST_UNREAD, OLDEST_UNSENT, OUTBOX, OUTBOX_HELD_TOO_LONG
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counts, ages in seconds of what has waited longest (0 = nothing), and how our number stands with WhatsApp."""

    unread: int = 0
    oldest_unread: float = 0.0
    given_up: int = 0  # messages no turn could answer
    outbox: dict[str, int] = field(default_factory=dict)  # by state
    oldest_unsent: dict[str, float] = field(default_factory=dict)  # by kind
    held_too_long: int = 0  # entries whose employee has not written since
    files_failed: int = 0
    standing: Standing = field(default_factory=Standing)

    def as_json(self) -> dict[str, float]:
        """Return it for `/health/ready`; ages in whole seconds."""
        waits = {"unread": self.unread, "oldest_unread_seconds": round(self.oldest_unread), "given_up": self.given_up}
        oldest_unsent = round(max(self.oldest_unsent.values(), default=0))
        troubles = {"held_too_long": self.held_too_long, "files_failed": self.files_failed}
        return {**self.outbox, **waits, "oldest_unsent_seconds": oldest_unsent, **troubles}

    def publish(self) -> None:
        """Set the gauges."""
        INBOX.labels("new").set(self.unread)
        INBOX.labels("dead").set(self.given_up)
        OLDEST_UNREAD.set(self.oldest_unread)
        for state in (*outbox.UNSETTLED, *outbox.TROUBLED):
            OUTBOX.labels(state).set(self.outbox.get(state, 0))
        for kind in outbox.LANES:
            OLDEST_UNSENT.labels(kind).set(self.oldest_unsent.get(kind, 0))
        OUTBOX_HELD_TOO_LONG.set(self.held_too_long)
        CHANNEL_STOPPED.set(bool(self.standing.stopped_because))


def measure(session: Session, settings: Settings, now: datetime) -> Backlog:
    """Look at the tables; what was answered long ago is not read where a partial index tells what was not."""
    unread, oldest = session.execute(
        select(func.count(), func.min(InboxMessage.received_at)).where(outbox.spelt(InboxMessage.state, ["new"]))
    ).one()
    dead = select(func.count()).where(outbox.spelt(InboxMessage.state, ["dead"]))
    failed = select(func.count()).where(MediaFile.state == "failed")
    long_ago = now - settings.delivery.held_too_long
    held = select(func.count()).where(outbox.spelt(OutboxEntry.state, outbox.TROUBLED))
    held = held.where(OutboxEntry.state == "held", OutboxEntry.created_at < long_ago)
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
        held_too_long=session.execute(held).scalar_one(),
        files_failed=session.execute(failed).scalar_one(),
        standing=channel.standing(session, settings.whatsapp.phone_number_id),
    )


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0
