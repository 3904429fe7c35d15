"""Whether WhatsApp takes anything from us at all: a row per number, so that every process knows it and says the same.

While it does not, the queue is kept and nothing is marked failed; one entry at a time asks whether it does again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.db.models import ChannelState

ASK_AGAIN = timedelta(minutes=1)  # between two looks whether a person has mended it


@dataclass(frozen=True, slots=True)
class Standing:
    """How a number stands with WhatsApp; `stopped_because` is "" while messages are taken."""

    stopped_because: str = ""
    closed_until: datetime | None = None

    def seconds_closed(self, now: datetime) -> float:
        """How long nothing may be tried; 0 = now."""
        return max((self.closed_until - now).total_seconds(), 0.0) if self.closed_until else 0.0


def standing(session: Session, number: str) -> Standing:
    """How this number of ours stands."""
    row = session.get(ChannelState, number)
    return Standing(row.stopped_because, row.closed_until) if row else Standing()


def stop(session: Session, number: str, because: str, *, until: datetime, now: datetime) -> None:
    """Nothing goes out before `until`; then one entry tries."""
    if _change(session, number, because, until, now):
        return
    try:
        with session.begin_nested():
            session.add(ChannelState(phone_number_id=number, stopped_because=because, closed_until=until, at=now))
    except IntegrityError:  # another process wrote the first row of this number at the same moment
        _change(session, number, because, until, now)


def works(session: Session, number: str, now: datetime) -> None:
    """Something was taken again."""
    _change(session, number, "", None, now)


def _change(session: Session, number: str, because: str, until: datetime | None, now: datetime) -> bool:
    mine = update(ChannelState).where(ChannelState.phone_number_id == number)
    values = {"stopped_because": because, "closed_until": until, "at": now}
    return session.connection().execute(mine.values(values)).rowcount > 0
