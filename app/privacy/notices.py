"""Which version of the privacy notice somebody was shown, and that they went on with it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.privacy.models import NoticeShown


def shown(session: Session, conversation_id: int, version: str, language: str, now: datetime) -> None:
    """It was shown in this conversation."""
    session.add(NoticeShown(conversation_id=conversation_id, version=version, language=language, shown_at=now))


def accepted(session: Session, conversation_id: int, employee_id: str, now: datetime) -> None:
    """They proved who they are after it: what was shown is theirs, and they went on with it."""
    session.flush()
    mine = (NoticeShown.conversation_id == conversation_id, NoticeShown.accepted_at.is_(None))
    session.execute(update(NoticeShown).where(*mine).values(employee_id=employee_id, accepted_at=now))


def notices_of(session: Session, employee_id: str, conversations: Sequence[int]) -> list[NoticeShown]:
    """What somebody was shown, oldest first."""
    mine = or_(
        NoticeShown.employee_id == employee_id if employee_id else NoticeShown.id.is_(None),
        NoticeShown.conversation_id.in_(conversations),
    )
    return list(session.scalars(select(NoticeShown).where(mine).order_by(NoticeShown.id)))
