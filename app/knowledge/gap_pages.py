"""One gap in full, as a page or a command shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.models import RequestRow
from app.knowledge.drafts import Draft, drafts_of
from app.knowledge.gaps import DAYS, Gap, gap_row, summed
from app.knowledge.publishing import Proof, proofs_of
from app.knowledge.questions import Failed, failed_of_gap
from retrieval.passage import Language


@dataclass(frozen=True, slots=True)
class Asked:
    """One of its questions and what it became; `request` is a number, or "" when there is none."""

    text: str
    language: Language
    at: datetime
    kinds: frozenset[str]
    article_id: str  # shown then
    probability: float
    request: str
    request_title: str
    request_status: str


@dataclass(frozen=True, slots=True)
class Detail:
    """A gap, its questions (the most typical first), its drafts and what publishing mended."""

    gap: Gap
    questions: tuple[Asked, ...]
    drafts: tuple[Draft, ...]
    proofs: tuple[Proof, ...]


def detail(session: Session, gap_id: int, now: datetime, *, days: int = DAYS) -> Detail:
    """Everything about a gap; raises GapError when there is none.

    Its counts are of the days, its questions all that are kept.
    """
    row, questions = gap_row(session, gap_id), failed_of_gap(session, gap_id)
    within = [question for question in questions if question.at >= now - timedelta(days=days)]
    return Detail(
        summed(row, within, questions, now),
        tuple(_asked(questions, _requests(session, questions))),
        tuple(drafts_of(session, gap_id)),
        tuple(proofs_of(session, gap_id)),
    )


def _requests(session: Session, questions: Sequence[Failed]) -> dict[str, RequestRow]:
    references = [question.reference for question in questions if question.reference]
    rows = session.scalars(select(RequestRow).where(RequestRow.reference.in_(references)))
    return {row.reference: row for row in rows}


def _asked(questions: Sequence[Failed], requests: dict[str, RequestRow]) -> list[Asked]:
    found = []
    for question in questions:
        request = requests.get(question.reference)
        found.append(
            Asked(
                text=question.text,
                language=question.language,
                at=question.at,
                kinds=frozenset(question.kinds),
                article_id=question.article_id,
                probability=question.probability,
                request=str(request.number) if request else "",
                request_title=request.title if request else "",
                request_status=request.status if request else "",
            )
        )
    return found
