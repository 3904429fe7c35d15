"""The outbox: what must happen outside, claimed by one sender at a time and settled by answers and status webhooks.

WhatsApp has no idempotency key. A claim is committed before the send and the result after it; when the answer is lost
the entry keeps its claim until its lease runs out, and only a status webhook (which echoes the entry's id) or the lapse
of the lease decides. A send after a lapsed lease is counted in `resends`, and each lease is twice as long as the last:
an hour without answers loses nothing and sends little twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, bindparam, exists, func, literal, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.models import Conversation, MediaFile, OutboxEntry
from app.wakeups import wake
from graph.messages import Incoming

UNSETTLED, TROUBLED = ("new", "sending"), ("held", "failed", "dead")
LANES = {"message": "c", "file": "c", "mail": "m", "comment_mail": "m", "fetch": "f"}
MAX_TRIES = 5
GIVE_UP_AFTER = timedelta(days=1)  # without any answer; by then the window for free words is over anyway
LONGEST_LEASE = timedelta(minutes=4)  # so that all is sent within five minutes of WhatsApp coming back
LONGEST_PAUSE = timedelta(minutes=15)  # any delivery takes before a try (spam); later, the clock was set back since
LONGEST_LOOK = 60.0  # seconds between two looks at a lane that waits, whatever the clock says
BETWEEN_TURNS = 0  # version of entries that no turn wanted; turns count from 1
REOPENING = -2  # version of the templates that ask an employee to write again

FIRST_OF = (  # put together once: every send asks twice
    select(OutboxEntry)
    .where(OutboxEntry.lane == bindparam("lane"), OutboxEntry.state.in_(("new", "sending")))
    .order_by(OutboxEntry.id)
    .limit(1)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Claim:
    """An entry this process may carry out now; the recipient is as known now, not as when it was written."""

    id: int
    conversation_id: int
    kind: str
    body: dict[str, Any]
    tries: int
    bsuid: str
    wa_id: str
    created_at: datetime
    again: bool = False  # the first may have arrived
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """The lane's first entry is not due yet."""

    seconds: float


class Slot(NamedTuple):
    """Where an entry stands: the turn that wanted it and its part; taken once. And the trace it continues."""

    conversation_id: int
    version: int
    part: int
    trace: str | None = None


def put(  # noqa: PLR0913 -- what an entry is made of
    session: Session, slot: Slot, kind: str, body: dict[str, Any], *, now: datetime, state: str = "new"
) -> None:
    """Add an entry and wake its lane; one that is `held` from the start waits for the employee to write."""
    lane = f"{LANES[kind]}{slot.conversation_id}"
    session.add(OutboxEntry(**slot._asdict(), lane=lane, kind=kind, body=body, state=state, created_at=now))
    wake(session, lane)


def claim(session: Session, lane: str, now: datetime, lease: timedelta) -> Claim | Wait | None:
    """Take the lane's first unsettled entry for `lease`; None when the lane is empty.

    None also when a status webhook is settling the first entry at this moment: it wakes the lane itself.
    """
    entry = session.scalars(FIRST_OF, {"lane": lane}).first()
    if entry is None:
        return None
    due = entry.lease_until if entry.state == "sending" else entry.not_before
    if due is not None and due > now:
        return Wait(min((due - now).total_seconds(), LONGEST_LOOK))
    again = entry.state == "sending"
    if again:
        entry.resends += 1
        if entry.resends >= MAX_TRIES and now - entry.created_at >= GIVE_UP_AFTER:
            entry.state, entry.error = "dead", "no answer and no status after the last try"
            return Wait(0)
    lease = max(lease, min(lease * 2 ** min(entry.resends, 10), LONGEST_LEASE))
    entry.state, entry.tries, entry.lease_until = "sending", entry.tries + 1, now + lease
    contact = session.get_one(Conversation, entry.conversation_id)
    return Claim(
        id=entry.id,
        conversation_id=contact.id,
        kind=entry.kind,
        body=entry.body,
        tries=entry.tries,
        bsuid=contact.bsuid,
        wa_id=contact.wa_id,
        created_at=entry.created_at,
        again=again,
        trace=entry.trace,
    )


def settle(session: Session, entry_id: int, *, wamid: str | None = None, wipe: bool = False) -> None:
    """It was taken. `wipe` empties the body of what must not be kept (a sealed code)."""
    entry = session.get(OutboxEntry, entry_id, with_for_update=True)
    if entry is None:  # erased meanwhile, with everything of its contact's
        return
    if entry.state == "sending":  # a status told before the answer, good or bad, knows better
        entry.state, entry.lease_until, entry.error = "sent", None, ""
    entry.wamid = wamid or entry.wamid
    if wipe:
        entry.body = {}


def put_off(session: Session, entry_id: int, *, until: datetime, error: str) -> None:
    """It was certainly not taken: try again at `until`."""
    entry = session.get(OutboxEntry, entry_id, with_for_update=True)
    if entry is not None and entry.state == "sending":  # a status webhook may have settled it meanwhile
        entry.state, entry.not_before, entry.lease_until, entry.error = "new", until, None, error


def end(session: Session, entry_id: int, *, state: str, error: str, wipe: bool = False) -> None:
    """It will not be sent as it is: `held`, `failed` or `dead`."""
    entry = session.get(OutboxEntry, entry_id, with_for_update=True)
    if entry is None or entry.state not in ("new", "sending"):
        return
    entry.state, entry.lease_until, entry.error = state, None, error
    if state == "held":
        hold_what_follows(session, entry.lane, error)
    if entry.kind == "fetch":
        file = session.get_one(MediaFile, entry.body["wamid"])
        file.state, file.error = "failed", file.error or error
    if wipe:
        entry.body = {}


def hold_what_follows(session: Session, lane: str, error: str) -> None:
    """The window is closed for all of the lane: what follows keeps its place behind, and nobody is asked in vain."""
    rest = (OutboxEntry.lane == lane, OutboxEntry.state == "new", OutboxEntry.version != REOPENING)
    session.execute(update(OutboxEntry).where(*rest).values(state="held", error=error))


def lanes_waiting(session: Session) -> list[str]:
    """Every lane with something to do."""
    waiting = select(OutboxEntry.lane).where(OutboxEntry.state.in_(("new", "sending"))).distinct()
    return list(session.scalars(waiting))


def restart_leases(session: Session, until: datetime, *, alone: bool) -> int:
    """At start: what a dead process was sending gets a fresh, short lease. Returns how many.

    Unless we are `alone`, other processes may be sending: no lease becomes shorter then.
    What it put off further than it ever would was put off by a clock that has been set back since: it is due then too.
    """
    beyond = (OutboxEntry.state == "new", OutboxEntry.not_before > until + LONGEST_PAUSE)
    session.execute(update(OutboxEntry).where(*beyond).values(not_before=until))
    mine = update(OutboxEntry).where(OutboxEntry.state == "sending").values(lease_until=until)
    mine = mine if alone else mine.where(OutboxEntry.lease_until < until)
    return session.connection().execute(mine).rowcount


def release_held(session: Session, conversation_id: int) -> None:
    """The employee wrote: the window is open again, what was held may go, and nobody needs to knock any more."""
    knock = (OutboxEntry.conversation_id == conversation_id, OutboxEntry.version == REOPENING)
    session.execute(update(OutboxEntry).where(*knock, OutboxEntry.state == "new").values(state="dropped"))
    held = (
        update(OutboxEntry)
        .where(OutboxEntry.conversation_id == conversation_id, OutboxEntry.state == "held")
        .values(state="new", not_before=None, error="")
    )
    if session.connection().execute(held).rowcount:
        wake(session, f"{LANES['message']}{conversation_id}")


def only_opens(session: Session, conversation_id: int, incoming: Incoming) -> bool:
    """Whether a message is but a tap on the button of a reopening template: it lets out what was held, no more."""
    if incoming.kind != "tap" or not incoming.quoted:
        return False
    knock = (OutboxEntry.conversation_id == conversation_id, OutboxEntry.version == REOPENING)
    return bool(session.scalar(select(exists().where(*knock, OutboxEntry.wamid == incoming.quoted))))


def count_by_state(session: Session) -> dict[str, int]:
    """How many entries are in each state that is no end; for health and metrics. Finished ones are not looked at."""
    counts: dict[str, int] = {}
    for states in (UNSETTLED, TROUBLED):
        rows = session.execute(
            select(OutboxEntry.state, func.count()).where(spelt(OutboxEntry.state, states)).group_by(OutboxEntry.state)
        )
        counts.update((state, count) for state, count in rows)
    return counts


def spelt(column: InstrumentedAttribute[str], values: Sequence[str]) -> ColumnElement[bool]:
    """The column is one of these, written as the partial index has it: only so does SQLite see that it serves."""
    if len(values) == 1:
        return column == literal(values[0], literal_execute=True)
    return column.in_(bindparam(None, list(values), expanding=True, literal_execute=True))
