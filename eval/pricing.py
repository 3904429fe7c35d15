"""What a run with a model will cost, told before it starts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.record import Row, RunFacts
from eval.running import Plan
from eval.suite import Layer

# Tokens in and out of one case, when no earlier run says better: counted with tests/provider (three letters a token)
# over the demo company; a conversation is about three calls to understand and one to answer.
USUAL: dict[Layer, tuple[int, int]] = {
    "retrieval": (0, 0), "understanding": (2_500, 150), "conversation": (12_000, 700), "safety": (9_000, 500),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Estimate:
    """About how much is asked. `cost` is None when the model has no price in RECADO_LLM__PRICES."""

    cases: int
    tokens: int
    cost: float | None
    basis: str  # what it was reckoned from

    def __str__(self) -> str:
        told = "no price known (RECADO_LLM__PRICES)" if self.cost is None else f"{self.cost:.2f}"
        return f"{self.cases} cases, about {self.tokens:,} tokens, cost: {told}; reckoned from {self.basis}."


def estimate(plan: Plan, done: Iterable[tuple[str, int]], earlier: tuple[RunFacts, Sequence[Row]] | None) -> Estimate:
    """Of what is left to run, from an earlier run with the same model or from averages."""
    finished = set(done)
    layers = [suite.layer for suite, case, n in plan.tasks if (case.id, n) not in finished]
    price = plan.settings.llm.prices.get(plan.settings.llm.model)
    if price is not None:
        into, out, _ = price
        usual = {layer: (t_in * into + t_out * out) / 1e6 for layer, (t_in, t_out) in USUAL.items()}
    spent: dict[Layer, list[tuple[int, float]]] = {}
    for row in earlier[1] if earlier else ():
        if row.verdict != "error":
            spent.setdefault(row.layer, []).append((row.tokens, row.cost))
    tokens, cost = 0.0, 0.0
    for layer in layers:
        known = spent.get(layer)
        tokens += sum(t for t, _ in known) / len(known) if known else sum(USUAL[layer])
        if price is not None:
            cost += sum(c for _, c in known) / len(known) if known else usual[layer]
    basis = f"the run {earlier[0].id}" if earlier else "usual lengths"
    return Estimate(len(layers), round(tokens), cost if price is not None else None, basis)


def earlier_run(root: Path, model: str) -> Path | None:
    """The newest run below `root` that asked this model."""
    found = []
    for facts in root.glob("*/run.json"):
        try:
            told = RunFacts.model_validate_json(facts.read_text("utf-8"))
        except (OSError, ValueError):
            continue
        if told.engine == "llm" and told.model == model and told.ended_at is not None:
            found.append((told.started_at, facts.parent))
    return max(found, default=(None, None))[1]
