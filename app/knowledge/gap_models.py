"""The tables of gaps: what employees asked for and did not get, the drafts that would close it, and the proof."""

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class GapRow(Base):
    """Questions about one thing that went without a good answer. Its id stays while it keeps its questions.

    States: open → draft → published, or dismissed; new questions reopen a published one.
    """

    __tablename__ = "knowledge_gap"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]  # its most telling words
    state: Mapped[str] = mapped_column(default="open", index=True)
    reason: Mapped[str] = mapped_column(default="")  # why it was dismissed
    changed_by: Mapped[str] = mapped_column(default="")  # who brought it into this state; "" = it happened by itself
    changed_at: Mapped[datetime]
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    reopened: Mapped[int] = mapped_column(default=0)  # times
    article_key: Mapped[str] = mapped_column(default="")  # what is nearest, or "" when nothing is near
    article_title: Mapped[str] = mapped_column(default="")
    probability: Mapped[float] = mapped_column(default=0.0)  # that it applies
    verdict: Mapped[str] = mapped_column(
        default=""
    )  # missing, unfound, unhelpful, answered, closed; "" = not looked at yet


class GapQuestion(Base):
    """A question of a gap, named by the first record that is kept of it."""

    __tablename__ = "knowledge_gap_question"

    record_id: Mapped[int] = mapped_column(ForeignKey("answer_record.id"), primary_key=True, autoincrement=False)
    gap_id: Mapped[int] = mapped_column(ForeignKey("knowledge_gap.id"), index=True)
    place: Mapped[int] = mapped_column(default=0)  # 0 = the most typical question, then away from it


class GapDraft(Base):
    """An article on its way, in one language; `open_points` are what a person has to fill in or look at."""

    __tablename__ = "knowledge_gap_draft"
    __table_args__ = (UniqueConstraint("gap_id", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gap_id: Mapped[int] = mapped_column(ForeignKey("knowledge_gap.id"))
    language: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]  # Markdown
    keywords: Mapped[list[str]]
    audience: Mapped[list[str]]  # groups; empty = every employee
    owner: Mapped[str]
    article_id: Mapped[str]
    requests: Mapped[list[str]]  # numbers of those whose comments it is made from
    open_points: Mapped[list[str]]
    made_by: Mapped[str]  # "outline", or the model and prompt
    made_at: Mapped[datetime]
    edited_by: Mapped[str] = mapped_column(default="")
    edited_at: Mapped[datetime | None]
    published_by: Mapped[str] = mapped_column(default="")
    published_at: Mapped[datetime | None]


class GapProof(Base):
    """What a question of a published gap found before and what it finds now."""

    __tablename__ = "knowledge_gap_proof"

    record_id: Mapped[int] = mapped_column(ForeignKey("answer_record.id"), primary_key=True, autoincrement=False)
    gap_id: Mapped[int] = mapped_column(ForeignKey("knowledge_gap.id"), index=True)
    before_band: Mapped[str]
    before_probability: Mapped[float]
    before_article: Mapped[str]
    after_band: Mapped[str]
    after_probability: Mapped[float]
    after_article: Mapped[str]
    at: Mapped[datetime]
