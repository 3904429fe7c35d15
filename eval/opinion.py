"""What a model thinks of a conversation, and how far people think the same: kept apart from what is measured."""

from datetime import datetime
from typing import Literal, get_args

from pydantic import Field

from tools.service_desk import Frozen

Criterion = Literal["helpful", "supported", "kind", "language"]
CRITERIA: tuple[Criterion, ...] = get_args(Criterion)


class Opinion(Frozen):
    """What a judge said of one conversation. A verdict is None where the answer turned with the order of asking."""

    model: str
    prompt: str  # name@version+sha
    verdicts: dict[Criterion, bool | None] = Field(default_factory=dict)
    reasons: dict[Criterion, str] = Field(default_factory=dict)
    trouble: str = ""  # why there is no opinion: the machinery failed, not the conversation
    tokens: int = 0
    cost: float = 0.0  # in the currency of the prices
    milliseconds: float = 0.0


class Agreement(Frozen):
    """A judge beside people on one criterion. Of `count` decided answers; intervals are 95 %.

    `kappa` is Cohen's: agreement beyond chance, 0 for a judge that guesses; None when there is nothing to tell apart.
    """

    criterion: str  # "all" for all of them together
    count: int
    unsure: int  # said one thing and then the other
    agreement: tuple[float, float, float]  # mean, low, high
    kappa: tuple[float, float, float] | None
    both_yes: int
    only_judge: int  # the judge says yes, people say no
    only_people: int
    both_no: int


class Validation(Frozen):
    """How a judge did on answers that people have labelled."""

    model: str
    prompt: str
    at: datetime
    labelled: str  # sha256 of what it was tried on
    answers: int
    errors: int  # answers it gave no opinion on
    criteria: tuple[Agreement, ...]
    cost: float = 0.0
    tokens: int = 0


class JudgeFacts(Frozen):
    """Who judged a run, and how far it is to be believed."""

    model: str
    provider: str
    prompt: str
    itself: bool = False  # the model that spoke is the model that judges
    validation: Validation | None = None
