"""The table of articles: the truth that every index is built from."""

from datetime import datetime

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
