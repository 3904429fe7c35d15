"""Who of a queue takes a request: by hand, in turn, or whoever has the fewest open ones.

In turn means: whoever was given one longest ago. So nobody is left out by a restart or by two requests at once, and who
comes back from an absence gets one, not all that they missed.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from app.db.engine import one_at_a_time
from app.desk.models import QueueMember, RequestRow
from app.desk.rules import DeskRules
from app.desk.transitions import OPEN
from app.staff.models import StaffRow


def give(session: Session, row: RequestRow, rules: DeskRules, now: datetime, *, wanted: str = "") -> bool:
    """Give a request to `wanted` (an account's e-mail) if they are there, else as its queue shares; says whether."""
    found = _account(session, wanted, now) if wanted else None
    queue = rules.queue(row.queue)
    if found is None and queue is not None and queue.assignment != "manual":
        one_at_a_time(session, f"queue {queue.id}")
        found = _next(session, queue.id, now, by_load=queue.assignment == "by_load")
    if found is None:
        return False
    row.assignee, row.assignee_id = found.name, found.id
    return True


def _here(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return StaffRow.active.is_(True), or_(StaffRow.away_until.is_(None), StaffRow.away_until <= now)


def _account(session: Session, email: str, now: datetime) -> StaffRow | None:
    return session.scalar(select(StaffRow).where(StaffRow.email == email, *_here(now)))


def _next(session: Session, queue: str, now: datetime, *, by_load: bool) -> StaffRow | None:
    """Choose, and remember that it was their turn."""
    load = (
        select(func.count())
        .where(RequestRow.assignee_id == QueueMember.staff_id, RequestRow.status.in_(OPEN))
        .correlate(QueueMember)
        .scalar_subquery()
    )
    order = (load, QueueMember.given, QueueMember.staff_id) if by_load else (QueueMember.given, QueueMember.staff_id)
    found = session.execute(
        select(QueueMember, StaffRow)
        .join(StaffRow, StaffRow.id == QueueMember.staff_id)
        .where(QueueMember.queue == queue, *_here(now))
        .order_by(*order)
        .limit(1)
    ).first()
    if found is None:
        return None
    member, account = found
    newest = session.scalar(select(func.max(QueueMember.given)).where(QueueMember.queue == queue)) or 0
    member.given = newest + 1
    session.flush()
    return account


def members_of(session: Session, queue: str) -> list[int]:
    """Read whose account takes requests of a queue."""
    return list(session.scalars(select(QueueMember.staff_id).where(QueueMember.queue == queue)))


def set_members(session: Session, queue: str, staff_ids: set[int]) -> None:
    """Make these the members; who stays keeps their turn, who is new is next."""
    for member in session.scalars(select(QueueMember).where(QueueMember.queue == queue)).all():
        if member.staff_id not in staff_ids:
            session.delete(member)
    known = set(members_of(session, queue))
    session.add_all(QueueMember(queue=queue, staff_id=staff_id) for staff_id in sorted(staff_ids - known))
    session.flush()
