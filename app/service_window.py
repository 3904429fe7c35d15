"""The 24 hours in which an employee may be written to freely: WhatsApp counts them from their last message."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.db.models import Conversation

SERVICE_WINDOW = timedelta(hours=24)
MARGIN = timedelta(minutes=1)  # what is written in the last minute would arrive too late


@dataclass(frozen=True, slots=True)
class ServiceWindow:
    """Until when free words are taken; None when they never wrote."""

    closes_at: datetime | None

    @classmethod
    def after(cls, heard: datetime | None) -> "ServiceWindow":
        """The one that their last message opened."""
        return cls(heard + SERVICE_WINDOW if heard is not None else None)

    def is_open(self, now: datetime) -> bool:
        """Whether words written now still go out."""
        return self.closes_at is not None and now < self.closes_at - MARGIN


def window_of(session: Session, conversation_id: int) -> ServiceWindow:
    """Read a conversation's window; one that does not exist is closed."""
    conversation = session.get(Conversation, conversation_id)
    return ServiceWindow.after(conversation.last_inbound_at if conversation is not None else None)
