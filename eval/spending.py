"""What a run's turns took: time, tokens, money."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from eval.record import Row
from eval.suite import Layer


@dataclass(frozen=True, slots=True)
class Spending:
    """Of one layer. Times in milliseconds of one turn, as cases ran side by side on that machine."""

    layer: Layer
    cases: int
    turns: int
    p50: float
    p95: float
    tokens: int
    cost: float
    calls: int


def spending(rows: Sequence[Row]) -> tuple[Spending, ...]:
    """Every layer of a run, rows that could not be run left out."""
    layers = dict.fromkeys(row.layer for row in rows)
    return tuple(_of_layer(layer, [r for r in rows if r.layer == layer and r.verdict != "error"]) for layer in layers)


def _of_layer(layer: Layer, rows: list[Row]) -> Spending:
    times = [milliseconds for row in rows for milliseconds in _times(row)]
    p50, p95 = np.percentile(times, (50, 95)) if times else (0.0, 0.0)
    return Spending(
        layer=layer,
        cases=len(rows),
        turns=len(times),
        p50=float(p50),
        p95=float(p95),
        tokens=sum(row.tokens for row in rows),
        cost=sum(row.cost for row in rows),
        calls=sum(len(e.calls) for row in rows for e in row.exchanges)
        + sum(len(row.outcome.get("calls", ())) for row in rows),
    )


def _times(row: Row) -> Iterable[float]:
    if row.exchanges:
        return (exchange.milliseconds for exchange in row.exchanges if exchange.who not in ("time", "agent"))
    return (row.milliseconds,)
