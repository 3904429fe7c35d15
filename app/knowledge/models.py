"""The table of articles, the truth that every index is built from; where they come from; the index on its way."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class ArticleRow(Base):
    """One article in one language. `sha256` covers all that readers and indexes see; `source` is where it came from."""

    __tablename__ = "article"

    key: Mapped[str] = mapped_column(primary_key=True)  # id@language
    id: Mapped[str] = mapped_column(index=True)
    language: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]  # Markdown
    url: Mapped[str]
    audience: Mapped[list[str]]  # groups; empty = every employee
    keywords: Mapped[list[str]]
    owner: Mapped[str] = mapped_column(default="")  # who keeps it right, in the company's own words
    review_by: Mapped[date | None]
    sha256: Mapped[str]
    text_sha256: Mapped[str] = mapped_column(default="")  # of language, title, body and audience: two alike are twins
    source: Mapped[str]  # source's name + ":" + the document's name in it
    raw_sha256: Mapped[str] = mapped_column(default="")  # of the document's bytes when it was read
    read_as: Mapped[str] = mapped_column(default="")  # by which reader, under which settings of its source
    stamp: Mapped[str] = mapped_column(default="")  # what the source gave to tell that a document is unchanged
    front_matter: Mapped[bool] = mapped_column(default=False)  # the document said itself what it is
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]  # what readers see was changed


class SourceRow(Base):
    """A place that articles come from, and what its last synchronisation did (`app.knowledge.sources`)."""

    __tablename__ = "knowledge_source"

    name: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    location: Mapped[str]
    options: Mapped[dict[str, Any]]
    schedule: Mapped[str]
    language: Mapped[str]  # of documents that name none
    audience: Mapped[list[str]]  # groups; empty = every employee. An article's own only narrows it
    owner: Mapped[str]
    review_by: Mapped[str]  # a date, or days after the last change; "" = never
    enabled: Mapped[bool]
    created_at: Mapped[datetime]
    next_run_at: Mapped[datetime | None]  # None = by hand only
    last_run_at: Mapped[datetime | None]
    last_outcome: Mapped[str] = mapped_column(default="")  # done, partial, held, unavailable, failed; "" = never ran
    last_report: Mapped[dict[str, Any]] = mapped_column(default=dict)


class RunRow(Base):
    """A synchronisation asked for, under way or ended. `holder` carries it out while `beat_at` is fresh."""

    __tablename__ = "knowledge_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int | None] = mapped_column(default=1, index=True, unique=True)  # there is one; None = ended
    sources: Mapped[list[str]]  # none = only the index
    force: Mapped[bool]
    rebuild: Mapped[bool]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    holder: Mapped[str] = mapped_column(default="")  # "" = waits
    tries: Mapped[int] = mapped_column(default=0)
    beat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    stage: Mapped[str] = mapped_column(default="waiting")
    source: Mapped[str] = mapped_column(default="")  # that is being read or written
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)  # 0 = not known yet
    outcome: Mapped[str] = mapped_column(default="")
    error: Mapped[str] = mapped_column(default="")
    report: Mapped[dict[str, Any]] = mapped_column(default=dict)


class IndexRevision(Base):
    """A finished index that every worker fetches for itself: there once all its pieces are."""

    __tablename__ = "index_revision"

    name: Mapped[str] = mapped_column(primary_key=True)
    parcel: Mapped[dict[str, Any]]  # retrieval.parcel.Parcel
    size: Mapped[int]  # bytes of all pieces
    published_at: Mapped[datetime]


class IndexPiece(Base):
    """A few megabytes of an index; the parcel says which sha256 they must have."""

    __tablename__ = "index_piece"

    revision: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class IndexPointer(Base):
    """The one row that workers look at: which revision to search, and how often articles have changed."""

    __tablename__ = "index_pointer"

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    revision: Mapped[str] = mapped_column(default="")  # "" = none was published yet
    previous: Mapped[str] = mapped_column(default="")
    changes: Mapped[int] = mapped_column(default=0)  # transactions that changed articles


class KnowledgeThresholds(Base):
    """The one row with the manager's choice of probabilities; without it the settings decide."""

    __tablename__ = "knowledge_thresholds"

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    answer_from: Mapped[float]
    offer_from: Mapped[float]
    chosen_at: Mapped[datetime]
