"""Questions that went without a good answer, out of the records of what became of each."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.db.models import AnswerRecord
from app.knowledge.gap_models import GapQuestion
from retrieval.articles import LANGUAGES
from retrieval.passage import Language

Kind = Literal["nothing", "not_helped", "request"]
KINDS: dict[str, Kind] = {"nothing": "nothing", "not_resolved": "not_helped", "request": "request"}
MOST = 20_000  # questions looked at, the newest


@dataclass(frozen=True, slots=True)
class Failed:
    """One question, named by the first record that it failed; a question may fail in more than one way."""

    record_id: int
    conversation_id: int
    text: str
    language: Language
    groups: tuple[str, ...]  # of who asked
    at: datetime
    kinds: frozenset[Kind]
    probability: float  # that what was found then applies
    article_id: str  # of what was shown then
    reference: str  # of the request it ended in


def failed_questions(session: Session, since: datetime, *, most: int = MOST) -> list[Failed]:
    """Those first asked since then, oldest first; one that was resolved in the end has not failed."""
    return _failed_among(session, AnswerRecord.at >= since, most)


def failed_of_gap(session: Session, gap_id: int) -> list[Failed]:
    """All the questions that are kept of a gap, the most typical first."""
    mine = select(GapQuestion.record_id, GapQuestion.place).where(GapQuestion.gap_id == gap_id)
    places = {row.record_id: row.place for row in session.execute(mine)}
    asked_in = select(AnswerRecord.conversation_id).join(GapQuestion, GapQuestion.record_id == AnswerRecord.id)
    failed = _failed_among(
        session, AnswerRecord.conversation_id.in_(asked_in.where(GapQuestion.gap_id == gap_id)), MOST
    )
    found = [question for question in failed if question.record_id in places]
    return sorted(found, key=lambda question: (places[question.record_id], question.record_id))


def _failed_among(session: Session, which: ColumnElement[bool], most: int) -> list[Failed]:
    columns = (
        AnswerRecord.id, AnswerRecord.conversation_id, AnswerRecord.key, AnswerRecord.question, AnswerRecord.language,
        AnswerRecord.groups, AnswerRecord.at, AnswerRecord.outcome, AnswerRecord.probability, AnswerRecord.article_id,
        AnswerRecord.reference,
    )  # fmt: skip
    told = (*KINDS, "resolved")
    newest = select(*columns).where(which, AnswerRecord.outcome.in_(told))
    rows = session.execute(newest.order_by(AnswerRecord.id.desc()).limit(most * 2)).all()
    by_question: dict[tuple[int, str], list[AnswerRecord]] = {}
    for row in reversed(rows):
        by_question.setdefault((row.conversation_id, row.key or f"#{row.id}"), []).append(cast("AnswerRecord", row))
    failed = [_failed(records) for records in by_question.values() if all(r.outcome != "resolved" for r in records)]
    return [question for question in failed if question.text.strip()][-most:]


def _failed(records: list[AnswerRecord]) -> Failed:
    first = records[0]
    language: Language = next((known for known in LANGUAGES if known == first.language), "pt-BR")
    return Failed(
        record_id=first.id,
        conversation_id=first.conversation_id,
        text=first.question,
        language=language,
        groups=tuple(first.groups),
        at=first.at,
        kinds=frozenset(KINDS[record.outcome] for record in records),
        probability=first.probability,
        article_id=first.article_id,
        reference=next((record.reference for record in records if record.reference), ""),
    )


def counted(questions: list[Failed]) -> dict[str, int]:
    """How many failed in each way."""
    counts = Counter(kind for question in questions for kind in question.kinds)
    return {kind: counts[kind] for kind in KINDS.values()}
