"""A question to a model and its raw answer: what every way of asking (HTTP, a recording, a meter) takes and gives."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from graph.language.ledger import Purpose
from graph.language.llm.errors import MalformedError
from tools.service_desk import Frozen


class Shape(BaseModel):
    """What a model may answer: every member is required, nothing else is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Question:
    """One call. `identity` says which question it is, whatever the day or the data marks; a recording is kept by it."""

    purpose: Purpose
    prompt: str  # name@version+sha
    system: str
    user: str
    shape: type[Shape]
    most_tokens: int
    identity: str
    picture: str = ""  # data URL of what is looked at
    by_tool: bool = False  # may be answered by calling the one tool that is the shape; never when article text is in it
    bad_answer: str = ""  # what it said before, when it is asked again
    complaint: str = ""  # and what was wrong with that

    def again(self, bad_answer: str, complaint: str) -> "Question":
        """The same question once more, with what was wrong the first time."""
        return replace(self, bad_answer=bad_answer, complaint=complaint, identity=f"{self.identity}-again")

    @property
    def size(self) -> int:
        """About how many tokens it is: a token has about three letters in Portuguese and Spanish."""
        return (len(self.system) + len(self.user) + len(self.bad_answer)) // 3 + self.most_tokens


class Completion(Frozen):
    """What came back; `text` is the JSON that was asked for, or not."""

    text: str
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0


class Asker(Protocol):
    """Somebody who can put a question to a model."""

    @property
    def model(self) -> str:
        """The model's name."""
        ...

    @property
    def provider(self) -> str:
        """The host that answers."""
        ...

    async def ask(self, question: Question, *, seconds: float) -> Completion:
        """Ask once, for at most `seconds`.

        Raises:
            ModelError: when there is no answer to use.
        """
        ...


S = TypeVar("S", bound=Shape)


def parsed(shape: type[S], text: str) -> S:
    """The shape that a text holds.

    Raises:
        MalformedError: for any other text.
    """
    try:
        return shape.model_validate_json(text)
    except ValidationError as error:
        raise MalformedError("malformed", _wrong(error), said=text) from None


def _wrong(error: ValidationError) -> str:
    """What is wrong with a shape, without quoting what was in it."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the JSON'}: {one['type']}" for one in found[:5])


def identity_of(prompt: str, shape: type[Shape], **parts: object) -> str:
    """Name a question by everything that changes its answer."""
    told = json.dumps([prompt, shape.__name__, parts], sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:32]
