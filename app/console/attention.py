"""What needs somebody now, as the home page counts and lists it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from app.backlog import measure
from app.db.models import HandOffNote
from app.desk.models import QueueMember, RequestRow
from app.desk.transitions import OPEN
from app.knowledge.models import ArticleRow
from app.settings import Settings

SHOWN = 6  # requests of a list


@dataclass(frozen=True, slots=True)
class Near:
    """A request and the promise that comes next, or has passed."""

    number: int
    title: str
    category: str
    queue: str
    due_at: datetime
    is_answer: bool  # the promise is of the first response
    is_mine: bool


def attention(session: Session, settings: Settings, now: datetime, staff_id: int = 0) -> dict[str, int]:
    """Counts by name; `home.NAME` are their words."""
    backlog = measure(session, settings, now)
    handed = select(func.count()).where(HandOffNote.ended_at.is_(None))
    still_open = select(func.count()).select_from(RequestRow).where(RequestRow.status.in_(OPEN))
    return {
        "hand_offs": session.execute(handed).scalar_one(),
        "open_requests": session.execute(still_open).scalar_one(),
        "overdue": session.execute(still_open.where(RequestRow.resolution_due < now)).scalar_one(),
        "mine": session.execute(still_open.where(RequestRow.assignee_id == staff_id)).scalar_one(),
        "nobodys": session.execute(still_open.where(RequestRow.assignee_id.is_(None))).scalar_one(),
        "unread": backlog.unread,
        "parked": backlog.given_up,
        "held": backlog.outbox.get("held", 0),
        "unsent": backlog.outbox.get("failed", 0) + backlog.outbox.get("dead", 0),
        "channel": int(bool(backlog.standing.stopped_because)),
    }


def near_promises(session: Session, staff_id: int) -> list[Near]:
    """Requests of mine, and of my queues that nobody has taken, by the promise that comes next."""
    row = RequestRow
    waits_for_answer = row.responded_at.is_(None)
    due = case((waits_for_answer, row.first_response_due), else_=row.resolution_due)
    queues = select(QueueMember.queue).where(QueueMember.staff_id == staff_id)
    is_mine = row.assignee_id == staff_id
    wanted = (
        select(row.number, row.title, row.category_id, row.queue, due.label("due"), waits_for_answer, is_mine)
        .where(row.status.in_(OPEN), row.paused_since.is_(None))
        .where(or_(is_mine, row.assignee_id.is_(None) & row.queue.in_(queues)))
        .order_by("due", row.number)
        .limit(SHOWN)
    )
    return [
        Near(number, title, category, queue, due_at, bool(is_answer), bool(mine))
        for number, title, category, queue, due_at, is_answer, mine in session.execute(wanted)
    ]


def articles_by_language(session: Session) -> dict[str, tuple[int, datetime | None]]:
    """How many articles there are in each language, and when one last changed."""
    counted = select(ArticleRow.language, func.count(), func.max(ArticleRow.updated_at)).group_by(ArticleRow.language)
    return {
        language: (count, changed)
        for language, count, changed in session.execute(counted.order_by(ArticleRow.language))
    }


def articles_to_review(session: Session, now: datetime) -> int:
    """How many articles are past the day on which their owner wanted to look at them again."""
    overdue = select(func.count()).select_from(ArticleRow).where(ArticleRow.review_by < now.date())
    return session.execute(overdue).scalar_one()
