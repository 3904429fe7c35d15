"""The port of understanding: what an engine must tell the graph about words, and the graph's only door to it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from retrieval.passage import Language, Passage
from tools.service_desk import Category, Employee, Field, Frozen

Intent = Literal[
    "ask", "request", "status", "comment", "person", "greeting", "thanks", "farewell", "yes", "no",
    "cancel", "back", "correct", "resend_code", "change_email", "logout", "erase_data", "help", "off_topic", "unclear",
]  # fmt: skip


class Line(Frozen):
    """One line of the conversation so far, oldest first."""

    by: Literal["employee", "bot", "agent"]
    text: str


class Hearing(Frozen):
    """All an engine may know of one turn. `asked` is the field a form is waiting for, if any."""

    text: str  # the burst, joined by line feeds, cleaned of control and zero-width characters
    language: Language  # of the conversation so far
    language_evidence: str = ""  # opaque: what the last turns said about the language (engine's own words)
    recent: tuple[Line, ...] = ()
    categories: tuple[Category, ...] = ()
    employee: Employee | None = None
    asked: Field | None = None
    form: str = ""  # category of the request being filled
    now: datetime  # aware, in the employee's time zone


class Scored(Frozen):
    """A candidate with a probability in [0, 1]."""

    id: str
    score: float


class FieldValue(Frozen):
    """A field filled from the employee's words.

    `value`: str for text, option id for choice, list of ids for multi_choice, ISO 8601 for date and datetime, bool for
    yes_no, number for number, E.164 for phone. `evidence` occurs literally in the words it came from.
    """

    field_id: str
    value: Any
    evidence: str
    confidence: float


class Wish(Frozen):
    """One thing the employee wants; a message may hold two."""

    intent: Intent
    confidence: float
    query: str  # stands alone: the words to search with
    words: str = ""  # the employee's own about it, when an engine writes queries of its own; "" = the query
    translations: tuple[str, ...] = ()  # the query in other languages of the knowledge base, where the engine can
    categories: tuple[Scored, ...] = ()  # best first, at most ten
    number: str = ""  # of a request, when named: "1042"


class Understanding(Frozen):
    """What a turn's words mean; `wishes` has at least one."""

    wishes: tuple[Wish, ...]
    language: Language
    language_evidence: str = ""
    angry: bool = False
    engine: str


class Quote(Frozen):
    """Where an answer comes from, word for word."""

    passage_id: str
    text: str


class Answer(Frozen):
    """An answer out of passages, or the honest lack of one."""

    verdict: Literal["answered", "partial", "not_in_sources"]
    text: str  # WhatsApp formatting, in the employee's language where the engine can write
    quotes: tuple[Quote, ...] = ()
    engine: str


class LanguageEngine(Protocol):
    """Understanding, filling, answering and summarising; the graph asks for at most two of them a turn."""

    name: str

    async def understand(self, hearing: Hearing) -> Understanding:
        """Say what is wanted. Sees no article text."""
        ...

    async def fill(self, fields: Sequence[Field], hearing: Hearing) -> tuple[FieldValue, ...]:
        """Fill what the words say, never more; with `hearing.asked` set the words are likely its answer."""
        ...

    async def answer(self, question: str, passages: Sequence[Passage], language: Language) -> Answer:
        """Answer from the passages only."""
        ...

    async def summarise(self, lines: Sequence[Line], language: Language, *, limit: int) -> str:
        """Say in at most `limit` characters what the employee needs: a request's title or a hand-off note."""
        ...
