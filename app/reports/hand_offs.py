"""Conversations that went to a person: why, how many, how long until somebody took them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Conversation, HandOffNote
from app.reports.choice import Choice
from app.reports.days import by_day
from app.reports.numbers import percentile

MINUTE = timedelta(minutes=1)


class HandedOff(NamedTuple):
    """One hand-off: why, when, when a person took it, and when the conversation went back to the assistant."""

    reason: str
    at: datetime
    taken_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Hand-offs of one reason. Minutes are of the clock, not of working time: the employee waits through the night."""

    count: int
    waiting: int  # still
    unattended: int  # ended before anybody took them
    median_minutes: float | None
    most_minutes: float | None  # what nine of ten did not exceed


@dataclass(frozen=True, slots=True)
class HandOffs:
    """By reason, the most frequent first; and by day."""

    whole: Waiting
    by_reason: dict[str, Waiting]
    by_day: tuple[int, ...]


def hand_offs(session: Session, choice: Choice) -> HandOffs:
    """Those of the period."""
    note, period = HandOffNote, choice.period
    wanted = [note.at >= period.begins, note.at < period.ends]
    spoken = [Conversation.language == choice.language] if choice.language else []
    joined = note.__table__.join(Conversation.__table__, Conversation.id == note.conversation_id)
    columns = note.reason, note.at, note.taken_at, note.ended_at
    rows = session.execute(select(*columns).select_from(joined).where(*wanted, *spoken))
    days = by_day(session, period, note.at, *spoken, within=joined)
    return summed([HandedOff(*row) for row in rows], days)


def summed(found: Iterable[HandedOff], days: tuple[int, ...]) -> HandOffs:
    """Count them; knows no SQL."""
    by_reason: dict[str, list[HandedOff]] = defaultdict(list)
    for one in found:
        by_reason[one.reason].append(one)
    ordered = sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0]))
    everything = [one for group in by_reason.values() for one in group]
    return HandOffs(_waiting(everything), {reason: _waiting(group) for reason, group in ordered}, days)


def _waiting(found: list[HandedOff]) -> Waiting:
    minutes = [max(one.taken_at - one.at, timedelta()) / MINUTE for one in found if one.taken_at is not None]
    untaken = [one for one in found if one.taken_at is None]
    unattended = sum(one.ended_at is not None for one in untaken)
    return Waiting(
        count=len(found),
        waiting=len(untaken) - unattended,
        unattended=unattended,
        median_minutes=percentile(minutes, 0.5),
        most_minutes=percentile(minutes, 0.9),
    )
