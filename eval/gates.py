"""Gates: what a run must reach, and what it may lose against another one, from a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from app.errors import RecadoError
from eval.comparing import Compared, difference
from eval.metrics import Metric, metrics
from eval.record import Row
from tools.service_desk import Frozen

SHIPPED = Path(__file__).parent / "gates.yaml"
Result = Literal["held", "broken", "not judged", "not asked"]  # not asked: a loss, without a run to compare with


class GateFileError(RecadoError):
    """A gates file cannot be used; the sentence says why."""


class Gate(Frozen):
    """One metric (`layer/name` or `layer/suite/name`). `may_lose`: how much worse its mean may become.

    A loss is one only when it is distinguishable from chance.
    """

    metric: str = Field(min_length=3)
    at_least: float | None = None
    at_most: float | None = None
    may_lose: float | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _asks(self) -> "Gate":
        if self.at_least is None and self.at_most is None and self.may_lose is None:
            raise ValueError("give at_least, at_most or may_lose")
        return self


class Gates(Frozen):
    """All of a file. `errors`: the share of cases that may have failed to run; above it nothing is judged."""

    errors: float = Field(default=0.02, ge=0, le=1)
    gates: tuple[Gate, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one gate, in a sentence."""

    metric: str
    result: Result
    sentence: str


def read_gates(file: Path = SHIPPED) -> Gates:
    """Read a gates file; raises GateFileError."""
    try:
        return Gates.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise GateFileError(f"{file} cannot be read: {type(error).__name__}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise GateFileError(f"{file}: {place}: {first['msg'].removeprefix('Value error, ')}.") from None


def judge(gates: Gates, rows: Sequence[Row], baseline: Sequence[Row] | None = None) -> list[Judged]:
    """Every gate in the file's order; a run with too many errors breaks none and holds none."""
    broken = sum(row.verdict == "error" for row in rows)
    if not rows or broken > gates.errors * len(rows):
        told = f"{broken} of {len(rows)} cases could not be run: nothing is judged"
        return [Judged("errors", "not judged", told)]
    found = metrics(rows)
    losses = {c.metric: c for c in difference(list(baseline), list(rows)).metrics} if baseline is not None else None
    return [judged for gate in gates.gates for judged in _judge(gate, found.get(gate.metric), losses)]


def exit_code(judged: Sequence[Judged]) -> int:
    """1 when a gate is broken; 2 when one could not be judged, or none was: a suite that is gone holds nothing."""
    results = {each.result for each in judged}
    if "broken" in results:
        return 1
    return 0 if "held" in results and "not judged" not in results else 2


def _judge(gate: Gate, metric: Metric | None, losses: dict[str, Compared] | None) -> Iterator[Judged]:
    if metric is None:
        yield Judged(gate.metric, "not judged", "no case of this run has it")
        return
    told = metric.interval
    if gate.at_least is not None:
        held = told.mean >= gate.at_least
        yield Judged(gate.metric, "held" if held else "broken", f"{told}, at least {gate.at_least:g}")
    if gate.at_most is not None:
        held = told.mean <= gate.at_most
        yield Judged(gate.metric, "held" if held else "broken", f"{told}, at most {gate.at_most:g}")
    if gate.may_lose is not None:
        yield _judge_loss(gate.metric, gate.may_lose, losses)


def _judge_loss(name: str, may_lose: float, losses: dict[str, Compared] | None) -> Judged:
    if losses is None:
        return Judged(name, "not asked", "no run to compare with")
    if name not in losses:
        return Judged(name, "not judged", "the runs have no case of it in common")
    compared = losses[name]
    lost = abs(compared.comparison.difference.mean) if compared.outcome == "worse" else 0.0
    sentence = (
        f"{compared.outcome}: {compared.comparison.difference} "
        f"({compared.comparison.gained} up, {compared.comparison.lost} down; "
        f"{compared.comparison.seen:.3f} could have been seen), may lose {may_lose:g}"
    )
    return Judged(name, "broken" if lost > may_lose else "held", sentence)
