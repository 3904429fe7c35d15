"""What status webhooks tell of messages we sent: many are settled by one look at the outbox and one update.

Three of four deliveries tell nothing else, so this is written for the database rather than for the session.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from app.db.base import Base
from app.outbox import GIVE_UP_AFTER, LONGEST_PAUSE, MAX_TRIES, hold_what_follows
from app.wakeups import wake

RANK = {"new": 0, "held": 0, "sending": 1, "sent": 2, "delivered": 3, "read": 4, "played": 4}
FAILURES = frozenset({"failed", "held", "new"})
TAKEN = frozenset({"sent", "delivered", "read"})

OUTBOX = Base.metadata.tables["outbox"]

# Put together once: building and compiling these costs more than running them.
TOLD_OF = (
    select(
        *(OUTBOX.c[name] for name in ("id", "lane", "tries", "created_at")),
        *(OUTBOX.c[name] for name in ("state", "wamid", "error", "not_before", "lease_until")),
    )
    .where(OUTBOX.c.kind.in_(("message", "file")))
    .where(
        OUTBOX.c.id.in_(bindparam("ids", expanding=True)) | OUTBOX.c.wamid.in_(bindparam("wamids", expanding=True)),
    )
    .order_by(OUTBOX.c.id)
    .with_for_update()  # a sender may be writing down its answer at this moment; SQLite has one writer anyway
)
SETTLE = (
    update(OUTBOX)
    .where(OUTBOX.c.id == bindparam("entry_id"))
    .values({name: bindparam(f"new_{name}") for name in ("state", "wamid", "error", "not_before", "lease_until")})
)


class Told(NamedTuple):
    """One status: of which entry, by our id if it came back and by Meta's in any case.

    `status`: sent, delivered, read, played; or what a failure means: failed, held, or new (to be sent again).
    """

    entry_id: int | None
    wamid: str
    status: str
    error: str = ""


@dataclass(slots=True)
class _Entry:
    """What the outbox knows of one message."""

    id: int
    lane: str
    tries: int
    created_at: datetime
    state: str
    wamid: str | None
    error: str
    not_before: datetime | None
    lease_until: datetime | None

    def settle(self, told: Told, retry_at: datetime) -> None:
        """Never backwards; a late "sent" does not clear "failed"."""
        if told.status in FAILURES:
            self._fail(told, retry_at)
            return
        if self.state != "failed" and RANK.get(told.status, 0) > RANK.get(self.state, 9):
            self.state = "read" if told.status == "played" else told.status
            self.lease_until, self.error = None, ""
        self.wamid = self.wamid or told.wamid

    def _fail(self, told: Told, retry_at: datetime) -> None:
        """A failure ends the attempt it names, once; told again, or of an older attempt, it changes nothing."""
        known = self.wamid == told.wamid and self.state not in TAKEN
        if known or self.wamid not in (None, told.wamid) or RANK.get(self.state, 9) >= RANK["delivered"]:
            return
        given_up = told.status == "new" and self.tries >= MAX_TRIES and retry_at - self.created_at >= GIVE_UP_AFTER
        self.state, self.error = "dead" if given_up else told.status, told.error
        self.lease_until, self.wamid = None, told.wamid
        patience = timedelta(seconds=2 ** min(max(self.tries - 1, 0), 10) - 1)  # an outage makes tries without failures
        self.not_before = retry_at + min(patience, LONGEST_PAUSE)


def apply_statuses(session: Session, told: Sequence[Told], *, retry_at: datetime) -> list[str | None]:
    """Settle them in their order; returns each one's lane, None where it is of no message of ours.

    Wakes the lanes of which an entry stood in the way, or is to be sent again: after `retry_at` at the earliest.
    """
    wanted = {"ids": [t.entry_id for t in told if t.entry_id is not None], "wamids": [t.wamid for t in told]}
    entries = [_Entry(*row) for row in session.connection().execute(TOLD_OF, wanted)]
    before = [_values(entry) for entry in entries]
    lanes = [_settle(session, entry, one, retry_at) for entry, one in _pairs(entries, told)]
    changed = [values for values, was in zip(map(_values, entries), before, strict=True) if values != was]
    if changed:
        session.connection().execute(SETTLE, changed)
    for entry, was in zip(entries, before, strict=True):
        if entry.state == "held" != was["new_state"]:
            hold_what_follows(session, entry.lane, entry.error)
    return lanes


def _pairs(entries: Sequence[_Entry], told: Sequence[Told]) -> Iterator[tuple[_Entry | None, Told]]:
    """Each with its own entry: by our id when that came back, else by Meta's, which the one before may have brought."""
    by_id = {entry.id: entry for entry in entries}
    for one in told:
        if one.entry_id is not None:
            yield by_id.get(one.entry_id), one
        else:
            yield next((entry for entry in entries if entry.wamid == one.wamid), None), one


def _settle(session: Session, entry: _Entry | None, told: Told, retry_at: datetime) -> str | None:
    if entry is None:
        return None
    waited_for = entry.state == "sending"
    entry.settle(told, retry_at)
    if waited_for or entry.state in {"new", "held"}:  # held: a template may have to go
        wake(session, entry.lane)
    return entry.lane


def _values(entry: _Entry) -> dict[str, object]:
    return {
        "entry_id": entry.id,
        "new_state": entry.state,
        "new_wamid": entry.wamid,
        "new_error": entry.error,
        "new_not_before": entry.not_before,
        "new_lease_until": entry.lease_until,
    }
