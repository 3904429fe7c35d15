"""Whether a person is there now for a conversation that is handed over."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.desk.calendar import open_spans
from app.desk.rules import rules_of
from retrieval.passage import Language


@dataclass(frozen=True, slots=True)
class Reception:
    """`opens_at` None: somebody is there now, until `closes_at`. Both None: no hours are set. Aware UTC."""

    opens_at: datetime | None = None
    closes_at: datetime | None = None


def reception(session: Session, now: datetime, language: Language = "pt-BR") -> Reception:
    """Who speaks this language: are they there, and until or from when?"""
    rules = rules_of(session)
    queue_id = rules.hand_off_queue.get(language) or rules.hand_off_queue.get("pt-BR", "")
    calendar = rules.calendar_of(queue_id)
    if calendar is None:
        return Reception()
    opens, closes = next(span for span in open_spans(calendar, now) if span[1] > now)
    return Reception(opens_at=opens) if opens > now else Reception(closes_at=closes)


def reception_opens_at(session: Session, now: datetime, language: Language = "pt-BR") -> datetime | None:
    """None when somebody is there now (or no hours are set), else the moment from which somebody is."""
    return reception(session, now, language).opens_at
