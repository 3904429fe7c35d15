"""An utterance or the beginning of a dialogue, and what the engine must make of it."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from eval.cases.loose import Texts, as_list
from graph.language.port import Intent
from retrieval.passage import Language
from tools.service_desk import Frozen

NO_CATEGORY = "none"


class Said(Frozen):
    """One earlier line: by whom, and what."""

    employee: str = ""
    bot: str = ""

    @model_validator(mode="after")
    def _one(self) -> "Said":
        if bool(self.employee) == bool(self.bot):
            raise ValueError("a line is either the employee's or the bot's")
        return self


class UnderstandingCase(Frozen):
    """One case. Of `intent` and `category` any one listed is right; the first is what is meant most.

    `fields`: what must be filled in the form of `form` (default: the expected category), exactly; every other field
    that is filled counts as a mistake. `asked` is the field the form was waiting for.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{2,79}$")
    text: str = Field(min_length=1)
    before: tuple[Said, ...] = ()
    tags: Texts = ()
    spoken: Language = "pt-BR"  # the conversation's language until now
    language: Language | None = None  # expected; None = not judged
    intent: Annotated[tuple[Intent, ...], BeforeValidator(as_list)] = ()
    category: Texts = ()  # "none" = none applies
    form: str = ""
    asked: str = ""
    fields: dict[str, Any] | None = None  # None = not judged
    number: str | None = None
    employee: str = "mariana"
    now: datetime = datetime.fromisoformat("2026-11-23T10:00:00-03:00")

    @model_validator(mode="after")
    def _judged(self) -> "UnderstandingCase":
        if not self.intent and not self.category and self.fields is None and self.language is None:
            raise ValueError("nothing is expected: give intent, category, fields or language")
        if self.fields is not None and not (self.form or self.category):
            raise ValueError("fields need a form or a category")
        return self
