"""The table of articles, the truth that every index is built from, and the index on its way to the workers."""

from datetime import datetime
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
    sha256: Mapped[str]
    source: Mapped[str]  # "folder:" + file name below it
    updated_at: Mapped[datetime]


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
