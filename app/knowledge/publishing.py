"""A reviewed draft becomes an article, and the questions that failed are asked again to show what it mended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.knowledge.articles import store_written
from app.knowledge.drafts import draft_row, unfinished
from app.knowledge.gap_models import GapDraft, GapProof
from app.knowledge.gaps import GapError, gap_row, move
from app.knowledge.indexing import index_articles
from app.knowledge.lock import alone
from app.knowledge.outline import PENDING
from app.knowledge.questions import Failed, failed_of_gap
from graph.context import Knowledge
from retrieval.embedder import RemoteModel
from retrieval.passage import Article, Band, Language, Retrieval
from retrieval.revision import FOLDER
from retrieval.stages import silent

ASKED_AGAIN = 200  # questions: a few seconds of searching, twice

Heard = Callable[[str, int, int], None]  # stage, done, in all: retrieval.stages, asking_before, asking_again


@dataclass(frozen=True, slots=True)
class Proof:
    """What a question found before and finds now, as whoever asked it would."""

    record_id: int
    question: str
    language: Language
    before: Band
    before_probability: float
    before_article: str
    after: Band
    after_probability: float
    after_article: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the index is built: `index_articles` says what each is."""

    data_dir: Path
    shared: bool = False
    remote: RemoteModel | None = None


async def publish(  # noqa: PLR0913 -- what is published, by whom, and the world it happens in
    database: Database,
    knowledge: Knowledge,
    place: Place,
    gap_id: int,
    languages: Sequence[Language],
    *,
    by: str,
    now: datetime,
    progress: Heard | None = None,
) -> tuple[Proof, ...]:
    """Make articles of a gap's drafts in these languages and index them; raises GapError for what is not finished.

    `by` has reviewed them: that is what publishing says. The gap's questions are searched before and after.
    """
    questions = (await database.read(lambda session: failed_of_gap(session, gap_id)))[:ASKED_AGAIN]
    heard: Heard = progress or silent
    before = await _ask_all(knowledge, questions, partial(heard, "asking_before"))
    async with alone(place.data_dir / FOLDER):
        await database.write(lambda session: _store(session, gap_id, languages, by, now))
        await index_articles(database, place.data_dir, progress=heard, shared=place.shared, remote=place.remote)
    after = await _ask_all(knowledge, questions, partial(heard, "asking_again"))
    proofs = tuple(map(_proof, questions, before, after))
    await database.write(lambda session: _prove(session, gap_id, proofs, now))
    return proofs


def proofs_of(session: Session, gap_id: int) -> list[Proof]:
    """What publishing mended, question by question, the most typical first."""
    rows = {row.record_id: row for row in session.scalars(select(GapProof).where(GapProof.gap_id == gap_id))}
    return [_stored(rows[q.record_id], q) for q in failed_of_gap(session, gap_id) if q.record_id in rows]


async def _ask_all(
    knowledge: Knowledge, questions: Sequence[Failed], asked: Callable[[int, int], None]
) -> list[Retrieval]:
    """Each as whoever asked it would."""
    found: list[Retrieval] = []
    for question in questions:
        asked(len(found), len(questions))
        found.append(await knowledge.search(question.text, question.language, groups=question.groups, limit=1))
    return found


def _store(session: Session, gap_id: int, languages: Sequence[Language], by: str, now: datetime) -> None:
    gap = gap_row(session, gap_id, to_change=True)
    if not languages:
        raise GapError("no_draft", f"Gap {gap_id} has no draft to publish.")
    for language in languages:
        row = draft_row(session, gap_id, language)
        if unfinished(row.body):
            waits = f"The draft in {language} has lines that begin with {PENDING}: write them or take them out."
            raise GapError("unfinished", waits)
        store_written(session, _article(row), now=now, owner=row.owner)
        row.published_by, row.published_at = by, now
    gap.published_at = now
    move(gap, "published", by, now)


def _article(row: GapDraft) -> Article:
    return Article.model_validate(
        {
            "id": row.article_id,
            "language": row.language,
            "title": row.title,
            "body": row.body,
            "audience": row.audience,
            "keywords": row.keywords,
        }
    )


def _proof(question: Failed, before: Retrieval, after: Retrieval) -> Proof:
    return Proof(
        record_id=question.record_id,
        question=question.text,
        language=question.language,
        before=before.band,
        before_probability=before.probability,
        before_article=_first(before),
        after=after.band,
        after_probability=after.probability,
        after_article=_first(after),
    )


def _first(found: Retrieval) -> str:
    return found.passages[0].article_id if found.passages else ""


def _prove(session: Session, gap_id: int, proofs: Sequence[Proof], now: datetime) -> None:
    ids = [proof.record_id for proof in proofs]
    session.execute(delete(GapProof).where(GapProof.record_id.in_(ids)))
    if proofs:
        session.execute(insert(GapProof), [_row(proof, gap_id, now) for proof in proofs])
    mended = [proof for proof in proofs if proof.after == "answer"]
    gap = gap_row(session, gap_id, to_change=True)
    gap.verdict = "answered" if len(mended) * 2 > len(proofs) else ""
    draft = session.scalar(select(GapDraft).where(GapDraft.gap_id == gap_id, GapDraft.published_at.is_not(None)))
    own = [proof.after_probability for proof in mended if draft and proof.after_article == draft.article_id]
    if draft and own:  # what was nearest before is no more
        gap.article_key, gap.article_title = f"{draft.article_id}@{draft.language}", draft.title
        gap.probability = sorted(own)[len(own) // 2]


def _row(proof: Proof, gap_id: int, now: datetime) -> dict[str, object]:
    return {
        "record_id": proof.record_id,
        "gap_id": gap_id,
        "before_band": proof.before,
        "before_probability": proof.before_probability,
        "before_article": proof.before_article,
        "after_band": proof.after,
        "after_probability": proof.after_probability,
        "after_article": proof.after_article,
        "at": now,
    }


def _stored(row: GapProof, question: Failed) -> Proof:
    return Proof(
        record_id=row.record_id,
        question=question.text,
        language=question.language,
        before=row.before_band,  # type: ignore[arg-type]
        before_probability=row.before_probability,
        before_article=row.before_article,
        after=row.after_band,  # type: ignore[arg-type]
        after_probability=row.after_probability,
        after_article=row.after_article,
    )
