"""What the model may report, and nothing more. No member names a person: who asks is never the model's to say."""

from typing import Literal

from pydantic import Field

from graph.language.llm.asking import Shape

SaidIntent = Literal[
    "ask", "request", "status", "comment", "person", "greeting", "thanks", "farewell", "help", "yes", "no",
    "cancel", "back", "correct", "logout", "erase_data", "answers_the_question", "off_topic", "unclear",
]  # fmt: skip


class FieldSaid(Shape):
    """A field's values with the words they came from."""

    category_id: str = Field(max_length=200)
    field_id: str = Field(max_length=200)
    values: list[str] = Field(max_length=40)
    evidence: str = Field(max_length=4000)


class CategorySaid(Shape):
    """A category that a wish may belong to."""

    id: str = Field(max_length=200)
    likelihood: Literal["sure", "likely", "possible"]


class WishSaid(Shape):
    """One thing the employee wants."""

    intent: SaidIntent
    confidence: Literal["high", "medium", "low"]
    words: str = Field(max_length=6000)
    query: str = Field(max_length=2000)
    translations: list[str] = Field(max_length=6)
    categories: list[CategorySaid] = Field(max_length=20)
    number: str = Field(max_length=40)
    fields: list[FieldSaid] = Field(max_length=60)


class Understood(Shape):
    """Call A: what a message means."""

    wishes: list[WishSaid] = Field(min_length=1, max_length=8)
    angry: bool


class Filled(Shape):
    """What a message says for a form."""

    fields: list[FieldSaid] = Field(max_length=60)


class Citation(Shape):
    """Where an answer comes from."""

    source: str = Field(max_length=40)
    quote: str = Field(max_length=4000)


class Answered(Shape):
    """Call B: an answer out of sources."""

    verdict: Literal["answered", "partial", "not_in_sources"]
    answer: str = Field(max_length=8000)
    citations: list[Citation] = Field(max_length=20)


class Summed(Shape):
    """A note for an agent."""

    summary: str = Field(max_length=4000)


class Pictured(Shape):
    """What a picture shows."""

    description: str = Field(max_length=2000)
    visible_text: str = Field(max_length=2000)


class Probed(Shape):
    """Whether an endpoint keeps to a shape at all."""

    ready: bool
    word: str = Field(max_length=100)
