"""The table of privacy notices: which version was shown to whom, and when they went on with it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class NoticeShown(Base):
    """A version of the privacy notice in a conversation. Accepted = the employee proved who they are after it."""

    __tablename__ = "privacy_notice"
    __table_args__ = (
        Index("privacy_notice_by_conversation", "conversation_id", "id"),
        Index("privacy_notice_by_employee", "employee_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    employee_id: Mapped[str] = mapped_column(default="")  # "" until they proved who they are
    version: Mapped[str]
    language: Mapped[str]
    shown_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
