"""What became of each question, kept without personal data: what the knowledge manager works from."""

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import AnswerRecord
from app.desk.models import RequestRow
from app.masking import mask
from retrieval.passage import Language
from tools.effects import AnswerOutcome
from tools.service_desk import Employee

SHORTEST_NAME = 3  # letters: "de" and "da" are nobody's name
NAME = "[name]"


def record_outcome(  # noqa: PLR0913 -- what is recorded: the outcome, whose, when
    session: Session,
    outcome: AnswerOutcome,
    *,
    conversation_id: int,
    employee: Employee | None,
    language: Language,
    now: datetime,
) -> None:
    """Keep it; a question ended in a request only if the desk took that."""
    if outcome.reference and not session.scalar(
        select(RequestRow.number).where(RequestRow.reference == outcome.reference)
    ):
        return
    session.add(
        AnswerRecord(
            conversation_id=conversation_id,
            key=outcome.key,
            question=without_people(outcome.question, employee.name if employee else ""),
            language=language,
            groups=list(outcome.groups),
            article_id=outcome.article_id,
            articles=list(outcome.articles),
            outcome=outcome.outcome,
            probability=outcome.probability,
            reference=outcome.reference,
            at=now,
        )
    )


def without_people(text: str, *names: str) -> str:
    """The text without what looks personal, and without these people's names.

    A full name goes however it is written; a part of it only with its capital, for "luz" and "rosa" are words too.
    """
    kept = mask(text)
    for name in names:
        parts = [part for part in name.split() if len(part) >= SHORTEST_NAME]
        if len(parts) > 1:
            whole = r"\W+(?:\w{1,3}\W+)?".join(map(re.escape, parts))
            kept = re.sub(rf"\b{whole}\b", NAME, kept, flags=re.IGNORECASE)
        for part in parts:
            kept = re.sub(rf"\b{re.escape(part)}\b", NAME, kept)
    return re.sub(rf"{re.escape(NAME)}(?:\s+{re.escape(NAME)})+", NAME, kept)
