"""Drafts of articles that would close a gap: made from solved requests, edited and reviewed by a person."""

import logging
import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.knowledge.gap_models import GapDraft, GapRow
from app.knowledge.gaps import GapError, gap_row, move
from app.knowledge.models import ArticleRow
from app.knowledge.open_points import parted, point, sentence
from app.knowledge.outline import PENDING, WORDINGS, Written, outline, symptoms
from app.knowledge.questions import Failed, failed_of_gap
from app.knowledge.solutions import Solution, solutions
from graph.language.llm.asking import Asker, parsed
from graph.language.llm.drafting import ArticleSaid, Drafted, ask_article, drafted
from graph.language.llm.errors import ModelError
from retrieval.passage import Language, Passage
from retrieval.words import words

log = logging.getLogger(__name__)

MODEL_SECONDS = 90.0  # a person waits for it, who has the outline otherwise
KEYWORDS, SLUG = 12, 60  # words, characters


@dataclass(frozen=True, slots=True)
class Draft:
    """An article on its way, as pages and commands show it."""

    gap_id: int
    language: Language
    title: str
    body: str
    keywords: tuple[str, ...]
    audience: tuple[str, ...]
    owner: str
    article_id: str
    requests: tuple[str, ...]
    open_points: tuple[str, ...]  # in English
    points: tuple[str, ...]  # the same as they are kept
    made_by: str
    edited_by: str
    edited_at: datetime | None
    published_by: str
    published_at: datetime | None

    @property
    def waits(self) -> bool:
        """Its text is not what was published."""
        return self.published_at is None or (self.edited_at is not None and self.edited_at > self.published_at)


@dataclass(frozen=True, slots=True)
class Edit:
    """What a person makes of a draft."""

    title: str
    body: str
    keywords: tuple[str, ...] = ()
    audience: tuple[str, ...] = ()
    owner: str = ""


@dataclass(frozen=True, slots=True)
class _Material:
    name: str
    questions: tuple[Failed, ...]
    solved: tuple[Solution, ...]


async def write_draft(  # noqa: PLR0913 -- which gap, by whom and when, and two choices
    database: Database,
    gap_id: int,
    *,
    by: str,
    now: datetime,
    language: Language | None = None,
    asker: Asker | None = None,
) -> Draft:
    """Draft an article in this language (by default the one most asked in); a draft that nobody edited is made anew."""
    material = await database.read(lambda session: _material(session, gap_id))
    wanted = language or _most_asked_in(material.questions)
    written = outline(material.questions, material.solved, wanted)
    if asker is not None:
        written = await _thought(asker, material, wanted, written)
    return await database.write(lambda session: _keep(session, gap_id, material, written, wanted, by, now))


def drafts_of(session: Session, gap_id: int) -> list[Draft]:
    """A gap's drafts, one a language."""
    rows = session.scalars(select(GapDraft).where(GapDraft.gap_id == gap_id).order_by(GapDraft.language))
    return [_draft(row) for row in rows]


def edit_draft(  # noqa: PLR0913 -- which draft, what it becomes, by whom and when
    session: Session, gap_id: int, language: Language, edit: Edit, *, by: str, now: datetime
) -> Draft:
    """Take a person's text for it: from now on it counts as reviewed by them."""
    row = draft_row(session, gap_id, language)
    if not edit.title.strip() or not edit.body.strip():
        raise GapError("no_text", "An article needs a title and a text.")
    row.title, row.body = edit.title.strip()[:300], edit.body.strip()
    row.keywords, row.audience, row.owner = list(edit.keywords), list(edit.audience), edit.owner.strip()
    row.edited_by, row.edited_at = by, now
    return _draft(row)


def draft_row(session: Session, gap_id: int, language: Language) -> GapDraft:
    """A draft to change; raises GapError when there is none."""
    wanted = select(GapDraft).where(GapDraft.gap_id == gap_id, GapDraft.language == language)
    row = session.scalar(wanted.with_for_update())
    if row is None:
        raise GapError("no_draft", f"Gap {gap_id} has no draft in {language} yet.")
    return row


def unfinished(body: str) -> bool:
    """Whether a line still waits to be written."""
    return any(line.lstrip(" -*#").startswith(PENDING) for line in body.splitlines())


def _material(session: Session, gap_id: int) -> _Material:
    name, questions = gap_row(session, gap_id).name, failed_of_gap(session, gap_id)
    if not questions:
        raise GapError("no_questions", f"Gap {gap_id} has no questions any more.")
    references = [question.reference for question in questions if question.reference]
    return _Material(name, tuple(questions), tuple(solutions(session, references)))


def _most_asked_in(questions: Sequence[Failed]) -> Language:
    counts = Counter(question.language for question in questions)
    return max(sorted(counts), key=lambda language: counts[language])


async def _thought(asker: Asker, material: _Material, language: Language, plain: Written) -> Written:
    """The model's draft as far as it stands on the comments; the outline when it does not."""
    asked = [question.text for question in material.questions[:12]]
    comments = [_passage(solution) for solution in material.solved]
    if not comments:
        return plain
    question = ask_article(asked, comments, language)
    try:
        said = await asker.ask(question, seconds=MODEL_SECONDS)
        found = drafted(parsed(ArticleSaid, said.text), asked, comments, language)
    except ModelError as error:
        log.warning("No draft from %s (%s); the outline stands.", asker.model, error.reason)
        return plain
    return _with_steps(plain, found, material, language, f"{asker.model} {question.prompt}") if found.steps else plain


def _passage(solution: Solution) -> Passage:
    return Passage(
        id=f"#{solution.number}",
        article_id=solution.number,
        language=solution.language,
        title="",
        heading="",
        text="\n".join(solution.sentences),
        url="",
    )


def _with_steps(plain: Written, found: Drafted, material: _Material, language: Language, made_by: str) -> Written:
    wording = WORDINGS[language]
    lines = [f"## {wording.symptoms}", "", *(f"- {said}" for said in symptoms(material.questions, language)), ""]
    lines += [f"## {wording.steps}", "", *(f"{place}. {step}" for place, step in enumerate(found.steps, 1))]
    left_out = [point("left_out", found.dropped)] if found.dropped else []
    kept = [one for one in plain.open_points if parted(one)[0] != "no_solution"]
    return Written(
        found.title or plain.title,
        "\n".join(lines),
        (*kept, *left_out, *found.open_points),
        tuple(solution.number for solution in material.solved),
        made_by,
    )


def _keep(  # noqa: PLR0913, PLR0917 -- one transaction with one caller
    session: Session, gap_id: int, material: _Material, written: Written, language: Language, by: str, now: datetime
) -> Draft:
    gap = gap_row(session, gap_id, to_change=True)
    row = session.scalar(select(GapDraft).where(GapDraft.gap_id == gap_id, GapDraft.language == language))
    if row is not None and row.edited_by and row.published_at is None:
        raise GapError(
            "edited", f"{row.edited_by} has edited the draft in {language} already; discard it before a new one."
        )
    if row is None:
        row = GapDraft(gap_id=gap_id, language=language, article_id=_article_id(session, gap, written.title))
        session.add(row)
    row.title, row.body, row.open_points = written.title, written.body, list(written.open_points)
    row.keywords = list(_keywords(material))
    row.audience, row.owner = _audience(material.solved), by
    row.requests, row.made_by, row.made_at = list(written.requests), written.made_by, now
    row.edited_by, row.edited_at, row.published_by, row.published_at = "", None, "", None
    move(gap, "draft", by, now)
    session.flush()
    return _draft(row)


def discard_draft(session: Session, gap_id: int, language: Language, *, by: str, now: datetime) -> None:
    """Throw a draft away; without another the gap is open again."""
    session.delete(draft_row(session, gap_id, language))
    session.flush()
    if not drafts_of(session, gap_id):
        move(gap_row(session, gap_id, to_change=True), "open", by, now)


def _keywords(material: _Material) -> list[str]:
    """The words that tell the gap, in the languages it was asked in: whoever asks in another finds it too."""
    named = [word for part in material.name.split(" · ") for word in words(part)]
    return list(dict.fromkeys(named))[:KEYWORDS]


def _audience(solved: Sequence[Solution]) -> list[str]:
    """Solutions of requests that only some may open are for those."""
    if not solved or not all(solution.groups for solution in solved):
        return []
    return sorted(frozenset().union(*(solution.groups for solution in solved)))


def _article_id(session: Session, gap: GapRow, title: str) -> str:
    """The one of the gap's other drafts, or a new one out of the title's words."""
    known = session.scalar(select(GapDraft.article_id).where(GapDraft.gap_id == gap.id).limit(1))
    if known:
        return known
    stem = textwrap.shorten(" ".join(words(title)), SLUG, placeholder="").replace(" ", "-") or f"gap-{gap.id}"
    taken = set(session.scalars(select(ArticleRow.id).where(ArticleRow.id.startswith(stem, autoescape=True))))
    taken |= set(session.scalars(select(GapDraft.article_id)))
    return next(name for name in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _draft(row: GapDraft) -> Draft:
    return Draft(
        gap_id=row.gap_id,
        language=cast("Language", row.language),
        title=row.title,
        body=row.body,
        keywords=tuple(row.keywords),
        audience=tuple(row.audience),
        owner=row.owner,
        article_id=row.article_id,
        requests=tuple(row.requests),
        open_points=tuple(map(sentence, row.open_points)),
        points=tuple(row.open_points),
        made_by=row.made_by,
        edited_by=row.edited_by,
        edited_at=row.edited_at,
        published_by=row.published_by,
        published_at=row.published_at,
    )
