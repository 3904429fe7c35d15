"""What a turn's model calls cost: tokens, time and money, and what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tools.service_desk import Frozen

Purpose = Literal["understand", "fill", "answer", "summarise", "transcribe", "picture", "article", "probe", "judge"]
Prices = Mapping[str, tuple[float, float, float]]  # model -> per million tokens: in, out, in from the provider's cache


class ModelCall(Frozen):
    """One call of a model. `outcome` is "ok" or the reason why its answer was not used."""

    purpose: Purpose
    prompt: str = ""  # name@version+sha
    model: str
    provider: str  # the endpoint's host
    outcome: str = "ok"
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0  # of those in
    milliseconds: float = 0.0
    cost: float = 0.0  # in the currency of the price table

    def priced(self, prices: Prices) -> "ModelCall":
        """The same call with what it cost; a model without a price costs nothing that we know of."""
        into, out, cached = prices.get(self.model, (0.0, 0.0, 0.0))
        fresh = max(self.tokens_in - self.tokens_cached, 0)
        cost = (fresh * into + self.tokens_cached * cached + self.tokens_out * out) / 1_000_000
        return self.model_copy(update={"cost": round(cost, 8)})


@dataclass(slots=True)
class Ledger:
    """The calls of one turn, in order."""

    calls: list[ModelCall] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        """How many tokens the turn has used, both ways."""
        return sum(call.tokens_in + call.tokens_out for call in self.calls)
