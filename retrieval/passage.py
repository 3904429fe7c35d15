"""What the knowledge base hands out: articles, passages and the verdict whether any applies."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Language = Literal["pt-BR", "es", "en"]
Band = Literal["answer", "offer", "none"]


class Article(BaseModel):
    """One article in one language, as its source gives it; `key` is `id` + `@` + language."""

    model_config = ConfigDict(frozen=True)

    id: str
    language: Language
    title: str
    body: str  # Markdown without front matter
    url: str = ""
    audience: tuple[str, ...] = ()  # groups that may read it; empty = every employee
    keywords: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The identity of this text: one article may exist in three languages."""
        return f"{self.id}@{self.language}"


class Passage(BaseModel):
    """A piece of an article that may answer a question."""

    model_config = ConfigDict(frozen=True)

    id: str  # `key#chunk number`
    article_id: str
    language: Language
    title: str
    heading: str  # path of headings above the text, " > " between them; "" at the top
    text: str  # Markdown
    url: str
    trust: Literal["kb", "web"] = "kb"
    score: float = 0.0
    credit: str = ""  # of a passage from the web: its site, and author and licence where one asks to be named


class Retrieval(BaseModel):
    """Passages for a question, best first, at most one article twice, and whether one applies.

    `probability` is calibrated in [0, 1]; `band` is what the thresholds make of it.
    """

    model_config = ConfigDict(frozen=True)

    query: str
    passages: tuple[Passage, ...]
    probability: float
    band: Band
    revision: str = ""
