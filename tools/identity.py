"""The port to identity: asking for a one-time code and checking one. Neither changes anything: both plan an effect."""

from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from retrieval.passage import Language
from tools.service_desk import Employee


class CodePlan(BaseModel):
    """The verdict on "send me a code"; "sent" is also what an unknown address gets, in the same time.

    `effect` is applied in the turn's transaction (see `tools.effects.IdentityEffect`); None when nothing is to be done.
    """

    model_config = ConfigDict(frozen=True)

    outcome: Literal["sent", "wait", "locked"]
    wait_seconds: int = 0
    effect: dict[str, Any] | None = None


class CodeCheck(BaseModel):
    """The verdict on a code somebody typed."""

    model_config = ConfigDict(frozen=True)

    outcome: Literal["right", "wrong", "expired", "exhausted", "none", "locked"]
    tries_left: int = 0
    employee: Employee | None = None
    effect: dict[str, Any] | None = None


class IdentityGate(Protocol):
    """Proof that who writes controls a registered mailbox."""

    async def plan_code(self, conversation_id: str, email: str, language: Language) -> CodePlan:
        """Decide whether a code goes to `email` for this conversation; `email` is already syntactically valid."""
        ...

    async def check_code(self, conversation_id: str, code: str) -> CodeCheck:
        """Compare 6 digits with the newest code of this conversation."""
        ...
