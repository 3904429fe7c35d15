"""How many requests were opened, solved and taken up again each day, and how many were open at its end."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.desk.models import RequestEvent, RequestRow
from app.desk.transitions import ENDED, OPEN
from app.reports.choice import Choice
from app.reports.days import by_day
from app.reports.period import Period


@dataclass(frozen=True, slots=True)
class Volume:
    """One number for each day. `backlog`: open at the day's end, today's as of now."""

    opened: tuple[int, ...]
    solved: tuple[int, ...]
    cancelled: tuple[int, ...]
    reopened: tuple[int, ...]
    backlog: tuple[int, ...]


def volume(session: Session, choice: Choice, now: datetime) -> Volume:
    """Count them; a request that was solved, reopened and solved again counts in each of the three."""
    days, wanted = choice.period, choice.of_requests
    opened = by_day(session, days, RequestRow.created_at, *wanted)
    solved, cancelled, reopened = (_steps(session, choice, days, which) for which in (SOLVED, CANCELLED, REOPENED))
    changes = [new + again - done - gone for new, again, done, gone in zip(
        opened, reopened, solved, cancelled, strict=True)]  # fmt: skip
    return Volume(opened, solved, cancelled, reopened, _backlog(_open_at_end(session, choice, now), changes))


def _backlog(last: int, changes: list[int]) -> tuple[int, ...]:
    """From the number at the end back to the first day."""
    found = [last]
    for change in reversed(changes[1:]):
        found.append(found[-1] - change)
    return tuple(reversed(found))


def _open_at_end(session: Session, choice: Choice, now: datetime) -> int:
    """What is open now, less what changed since the period ended."""
    wanted = choice.of_requests
    still = select(func.count()).select_from(RequestRow).where(RequestRow.status.in_(OPEN), *wanted)
    count = session.scalar(still) or 0
    today = now.astimezone(choice.period.zone).date()
    if choice.period.last >= today:
        return count
    after = Period(choice.period.last + timedelta(days=1), today, choice.period.zone)
    since = select(func.count()).select_from(RequestRow).where(RequestRow.created_at >= after.begins, *wanted)
    count -= session.scalar(since) or 0
    solved, cancelled, reopened = (
        sum(_steps(session, choice, after, which)) for which in (SOLVED, CANCELLED, REOPENED)
    )
    return count + solved + cancelled - reopened


def _steps(session: Session, choice: Choice, period: Period, which: ColumnElement[bool]) -> tuple[int, ...]:
    """Steps of one kind by day; the request is only looked at where it is filtered."""
    wanted = choice.of_requests
    source = RequestEvent.__table__
    joined = source.join(RequestRow.__table__, RequestRow.number == RequestEvent.number) if wanted else source
    return by_day(session, period, RequestEvent.at, RequestEvent.kind == "status", which, *wanted, within=joined)


def _status_before() -> ColumnElement[str]:
    """The status a request had before this event made it another; nothing for its first step."""
    earlier = aliased(RequestEvent)
    return (
        select(earlier.status)
        .where(
            earlier.number == RequestEvent.number, earlier.id < RequestEvent.id, earlier.kind == "status",
        )
        .order_by(earlier.id.desc())
        .limit(1)
        .correlate(RequestEvent)
        .scalar_subquery()
    )  # fmt: skip


_was_ended = _status_before().in_(tuple(ENDED))
SOLVED = or_(
    RequestEvent.status == "solved",
    and_(RequestEvent.status == "closed", func.coalesce(_status_before(), "new").in_(tuple(OPEN))),
)
CANCELLED = RequestEvent.status == "cancelled"
REOPENED = and_(RequestEvent.status.in_(tuple(OPEN)), _was_ended)
