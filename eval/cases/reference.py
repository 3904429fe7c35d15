"""Reference actions: what a perfect colleague would have done. They define a state, not the way to it."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from eval.cases.agents import AgentAct
from eval.cases.loose import Duration, Texts
from tools.service_desk import Frozen


def _as_target(value: Any) -> Any:
    return {"request": value} if isinstance(value, int) and not isinstance(value, bool) else value


class Opening(Frozen):
    """A request opened with exactly these fields; `free` may hold anything or nothing, `attachments` is how many."""

    category: str
    fields: dict[str, Any] = Field(default_factory=dict)
    free: Texts = ()
    attachments: int = Field(default=0, ge=0)


class Commenting(Frozen):
    """Words, or files, added to a request. Another wording of the comment is right when it holds these words."""

    request: int = Field(default=1, ge=1)
    text: str = ""
    attachments: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _something(self) -> "Commenting":
        if not self.text.strip() and not self.attachments:
            raise ValueError("a comment needs a text or attachments")
        return self


class Closing(Frozen):
    """A request ended at their word."""

    request: int = Field(default=1, ge=1)


class Reopening(Frozen):
    """A request taken up again; a `reason` is a comment."""

    request: int = Field(default=1, ge=1)
    reason: str = ""


class Rating(Frozen):
    """How well it went."""

    request: int = Field(default=1, ge=1)
    stars: int = Field(ge=1, le=5)


class ReferenceAction(Frozen):
    """One action, exactly one of these; `agent` and `wait` are what the world does meanwhile.

    A `request` is counted over those given, from 1, then those that earlier actions opened. `verify`: they prove who
    they are, which a case that is not verified from the start needs before anything at the desk.
    """

    create_request: Opening | None = None
    comment: Commenting | None = None
    close: Annotated[Closing | None, BeforeValidator(_as_target)] = None
    reopen: Annotated[Reopening | None, BeforeValidator(_as_target)] = None
    rate: Rating | None = None
    join_outage: str = ""
    hand_off: bool = False
    hand_back: bool = False
    verify: bool = False
    end_session: bool = False
    agent: AgentAct | None = None
    wait: Duration | None = None

    @property
    def name(self) -> str:
        """Which one it is."""
        return self.names[0]

    @property
    def names(self) -> list[str]:
        """All that are given."""
        return [name for name in type(self).model_fields if getattr(self, name) not in (None, False, "")]

    @property
    def target(self) -> int | None:
        """The request it is about."""
        about = self.comment or self.close or self.reopen or self.rate
        return about.request if about else None

    @property
    def at_the_desk(self) -> bool:
        """Whether only somebody proven may do it."""
        return self.name in ("create_request", "comment", "close", "reopen", "rate", "join_outage")

    @model_validator(mode="after")
    def _one(self) -> "ReferenceAction":
        if len(self.names) != 1:
            raise ValueError(f"an action is exactly one thing, not {', '.join(self.names) or 'nothing'}")
        return self
