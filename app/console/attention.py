"""What needs somebody now, as the home page counts it."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.backlog import measure
from app.db.models import HandOffNote
from app.desk.models import RequestRow
from app.desk.transitions import OPEN
from app.knowledge.models import ArticleRow
from app.settings import Settings


def attention(session: Session, settings: Settings, now: datetime) -> dict[str, int]:
    """Counts by name; `home.NAME` are their words."""
    backlog = measure(session, settings, now)
    handed = select(func.count()).where(HandOffNote.ended_at.is_(None))
    still_open = select(func.count()).select_from(RequestRow).where(RequestRow.status.in_(OPEN))
    return {
        "hand_offs": session.execute(handed).scalar_one(),
        "open_requests": session.execute(still_open).scalar_one(),
        "overdue": session.execute(still_open.where(RequestRow.resolution_due < now)).scalar_one(),
        "unread": backlog.unread,
        "parked": backlog.given_up,
        "held": backlog.outbox.get("held", 0),
        "unsent": backlog.outbox.get("failed", 0) + backlog.outbox.get("dead", 0),
        "channel": int(bool(backlog.standing.stopped_because)),
    }


def articles_by_language(session: Session) -> dict[str, tuple[int, datetime | None]]:
    """How many articles there are in each language, and when one last changed."""
    counted = select(ArticleRow.language, func.count(), func.max(ArticleRow.updated_at)).group_by(ArticleRow.language)
    return {
        language: (count, changed)
        for language, count, changed in session.execute(counted.order_by(ArticleRow.language))
    }
