"""What a run with a model will cost, told before it starts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path

from eval.judge import Judge
from eval.record import Row, RunFacts
from eval.running import Plan
from eval.suite import Layer
from graph.language.ledger import Prices

# Tokens in and out of one case, when no earlier run says better: counted with tests/provider (three letters a token)
# over the demo company; a conversation is about three calls to understand and one to answer.
USUAL: dict[Layer, tuple[int, int]] = {
    "retrieval": (0, 0), "understanding": (2_500, 150), "conversation": (12_000, 700), "safety": (9_000, 500),
}  # fmt: skip
JUDGED = (3_000, 400)  # of one conversation asked about in both orders, counted in the same way


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
    spent: dict[Layer, list[tuple[int, float]]] = {}
    for row in earlier[1] if earlier else ():
        if row.verdict != "error":
            spent.setdefault(row.layer, []).append((row.tokens, row.cost))
    tokens, cost = 0, 0.0
    model = plan.settings.llm.model
    for layer in layers if plan.thinks else ():
        known = spent.get(layer)
        tokens += round(sum(t for t, _ in known) / len(known)) if known else sum(USUAL[layer])
        cost += (
            sum(c for _, c in known) / len(known) if known else _price(plan.settings.llm.prices, model, *USUAL[layer])
        )
    judged = layers.count("conversation") if plan.judge else 0
    if plan.judge:
        tokens += judged * sum(JUDGED)
        cost += judged * _price(plan.judge.prices, plan.judge.asker.model, *JUDGED)
    basis = f"the run {earlier[0].id}" if earlier else "usual lengths"
    return Estimate(len(layers), tokens, None if isnan(cost) else cost, basis)


def estimate_judging(answers: int, judge: Judge) -> Estimate:
    """Of so many answers put to a judge."""
    cost = answers * _price(judge.prices, judge.asker.model, *JUDGED)
    return Estimate(answers, answers * sum(JUDGED), None if isnan(cost) else cost, "usual lengths")


def _price(prices: Prices, model: str, tokens_in: int, tokens_out: int) -> float:
    """What so many tokens cost; not a number for a model without a price."""
    into, out, _ = prices.get(model, (nan, nan, nan))
    return (tokens_in * into + tokens_out * out) / 1e6


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
