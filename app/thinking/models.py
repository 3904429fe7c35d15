"""The table of model calls: what each turn cost."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class ModelCallRow(Base):
    """One call of a model for a conversation's turn; `version` is the turn's, 0 for a voice note or a picture."""

    __tablename__ = "model_call"
    __table_args__ = (
        Index("model_call_by_conversation", "conversation_id", "at"),
        Index("model_call_by_time", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    version: Mapped[int]
    at: Mapped[datetime]
    purpose: Mapped[str]
    prompt: Mapped[str]  # name@version+sha
    model: Mapped[str]
    provider: Mapped[str]
    outcome: Mapped[str]  # ok, or why the answer was not used
    tokens_in: Mapped[int]
    tokens_out: Mapped[int]
    tokens_cached: Mapped[int]
    milliseconds: Mapped[float]
    cost: Mapped[float]  # in the currency of the price table
