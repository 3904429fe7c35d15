"""What did not get through, brought together by reason, and taken up again or dropped by a person."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app import letters
from app.db.models import InboxMessage, OutboxEntry
from app.letters import NotReplayableError
from app.whatsapp.codes import Reaction, reaction

Cause = Literal[
    "window", "stopped", "recipient", "too_fast", "later", "media", "template", "malformed", "marketing", "mail",
    "file", "unknown",
]  # fmt: skip
MOST = 500  # entries of one reason that are taken up at once
CODE = re.compile(r"([1-9]\d{0,5})\b")  # an entry's error begins with Meta's code, 0 = it gave none
NAMED: dict[Cause, frozenset[int]] = {
    "recipient": frozenset({131021, 131026, 131030, 131062}),
    "marketing": frozenset({130472, 131049, 131050}),
    "media": frozenset({131052, 131053}),
    "template": frozenset(range(132000, 132100)),
}
CAUSES: dict[Reaction, Cause] = {
    Reaction.STOP: "stopped",
    Reaction.SLOW_PAIR: "too_fast",
    Reaction.SLOW_NUMBER: "too_fast",
    Reaction.SLOW_ALARM: "too_fast",
    Reaction.LATER: "later",
    Reaction.TEMPLATE: "window",
    Reaction.NEVER: "malformed",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Entries of one kind in one state for one reason. `error` is what the other side said."""

    kind: str  # message, mail, fetch; inbox for parked messages
    state: str
    error: str
    count: int
    oldest: datetime
    newest: datetime

    @property
    def cause(self) -> Cause:
        """Why, in a word of the wording."""
        return cause_of(self.kind, self.state, self.error)

    @property
    def can_go_again(self) -> bool:
        """A code that was sent by mail is not kept: the employee asks for a new one."""
        return self.kind != "mail"


def cause_of(kind: str, state: str, error: str) -> Cause:
    """Why an entry failed, from Meta's code where there is one."""
    if kind in {"mail", "fetch"}:
        return "mail" if kind == "mail" else "file"
    if state == "held":
        return "window"
    found = CODE.match(error)
    if found is None:
        return "later" if state == "dead" else "unknown"
    code = int(found[1])
    named = next((cause for cause, codes in NAMED.items() if code in codes), None)
    return named or CAUSES[reaction(code)]


def failures(session: Session) -> list[Failure]:
    """What did not go out, by reason, the most first; then messages that nobody could think about."""
    entry = OutboxEntry
    about = entry.kind, entry.state, entry.error
    counted = select(*about, func.count(), func.min(entry.created_at), func.max(entry.created_at))
    rows = session.execute(counted.where(entry.state.in_(letters.TROUBLED)).group_by(*about))
    found = sorted((Failure(*row) for row in rows), key=lambda one: (-one.count, one.oldest))
    message = InboxMessage
    dead = select(func.count(), func.min(message.received_at), func.max(message.received_at))
    count, oldest, newest = session.execute(dead.where(message.state == "dead")).one()
    return [*found, *([Failure("inbox", "dead", "", count, oldest, newest)] if count else [])]


def entries(session: Session, kind: str, state: str, error: str, *, limit: int) -> list[letters.Letter]:
    """Those of one reason, the oldest first; without the words that they hold."""
    if kind == "inbox":
        return letters.parked(session, limit=limit)
    wanted = _of_reason(kind, state, error).order_by(OutboxEntry.id).limit(limit)
    return letters.of_ids(session, list(session.scalars(wanted)))


def take_up(session: Session, kind: str, ids: Sequence[int], now: datetime) -> int:
    """Send or think again; returns how many could be."""
    if kind == "inbox":
        return _each(ids, lambda one: letters.replay_parked(session, one, now))
    return _each(ids, lambda one: letters.replay(session, one))


def drop(session: Session, ids: Sequence[int]) -> int:
    """Give entries up for good; returns how many could be."""
    return _each(ids, lambda one: letters.drop(session, one))


def ids_of(session: Session, kind: str, state: str, error: str) -> list[int]:
    """All of one reason, at most `MOST`, the oldest first."""
    if kind == "inbox":
        dead = select(InboxMessage.seq).where(InboxMessage.state == "dead").order_by(InboxMessage.seq)
        return list(session.scalars(dead.limit(MOST)))
    return list(session.scalars(_of_reason(kind, state, error).order_by(OutboxEntry.id).limit(MOST)))


def _of_reason(kind: str, state: str, error: str) -> Select[int]:
    entry = OutboxEntry
    known = state if state in letters.TROUBLED else ""
    return select(entry.id).where(entry.state == known, entry.kind == kind, entry.error == error)


def _each(ids: Sequence[int], act: Callable[[int], None]) -> int:
    done = 0
    for one in ids:
        try:
            act(one)
        except NotReplayableError:
            continue
        done += 1
    return done
