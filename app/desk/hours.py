"""Whether a person is there now for a conversation that is handed over."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.desk.calendar import is_open, opens_at
from app.desk.rules import rules_of
from retrieval.passage import Language


def reception_opens_at(session: Session, now: datetime, language: Language = "pt-BR") -> datetime | None:
    """None when somebody is there now (or no hours are set), else the moment from which somebody is; aware UTC."""
    rules = rules_of(session)
    queue_id = rules.hand_off_queue.get(language) or rules.hand_off_queue.get("pt-BR", "")
    calendar = rules.calendar_of(queue_id)
    if calendar is None or is_open(calendar, now):
        return None
    return opens_at(calendar, now)
