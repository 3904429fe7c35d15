"""What models cost: kept with each turn, limited per contact and day, reported by day and purpose."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Float, Integer, cast, func, select
from sqlalchemy.orm import Session

from app.metrics import MODEL_CALLS, MODEL_SECONDS, MODEL_TOKENS
from app.thinking.models import ModelCallRow
from graph.language.ledger import ModelCall

DAY = timedelta(days=1)


def keep(session: Session, conversation_id: int, version: int, calls: Sequence[ModelCall], now: datetime) -> None:
    """Write a turn's calls, in its transaction."""
    session.add_all(
        ModelCallRow(conversation_id=conversation_id, version=version, at=now, **call.model_dump()) for call in calls
    )


def count(calls: Sequence[ModelCall]) -> None:
    """Tell Prometheus, once the calls are kept."""
    for call in calls:
        MODEL_CALLS.labels(call.purpose, call.outcome).inc()
        MODEL_TOKENS.labels("in").inc(call.tokens_in)
        MODEL_TOKENS.labels("out").inc(call.tokens_out)
        MODEL_SECONDS.labels(call.purpose).observe(call.milliseconds / 1000)


def tokens_of_today(session: Session, conversation_id: int, now: datetime) -> int:
    """How many tokens a contact has used in the last 24 hours."""
    used = func.coalesce(func.sum(ModelCallRow.tokens_in + ModelCallRow.tokens_out), 0)
    mine = ModelCallRow.conversation_id == conversation_id, ModelCallRow.at > now - DAY
    return int(session.scalar(select(used).where(*mine)) or 0)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one purpose cost in a span of time."""

    purpose: str
    calls: int
    failed: int
    tokens_in: int
    tokens_out: int
    tokens_cached: int
    milliseconds_mean: float
    milliseconds_longest: float
    cost: float


@dataclass(frozen=True, slots=True)
class Costs:
    """A report: by purpose, and how many turns thought with a model."""

    since: datetime
    turns: int
    by_purpose: tuple[Cost, ...]
    failures: dict[str, int]

    @property
    def calls_per_turn(self) -> float:
        """Calls that a turn with a model made, on average."""
        calls = sum(cost.calls for cost in self.by_purpose if cost.purpose not in {"transcribe", "picture"})
        return calls / self.turns if self.turns else 0.0

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "since": self.since.isoformat(),
            "turns": self.turns,
            "calls_per_turn": round(self.calls_per_turn, 3),
            "by_purpose": [asdict(cost) for cost in self.by_purpose],
            "failures": self.failures,
        }


def costs(session: Session, since: datetime) -> Costs:
    """What was spent after `since`."""
    row = ModelCallRow
    after = row.at > since
    found = session.execute(
        select(
            row.purpose,
            func.count(),
            func.sum(cast(row.outcome != "ok", Integer)),
            func.sum(row.tokens_in),
            func.sum(row.tokens_out),
            func.sum(row.tokens_cached),
            cast(func.avg(row.milliseconds), Float),
            func.max(row.milliseconds),
            func.sum(row.cost),
        )
        .where(after)
        .group_by(row.purpose)
        .order_by(row.purpose)
    ).all()
    turns = select(row.conversation_id, row.version).where(after, row.version > 0).distinct().subquery()
    failures = session.execute(
        select(row.outcome, func.count()).where(after, row.outcome != "ok").group_by(row.outcome)
    )
    return Costs(
        since=since,
        turns=session.scalar(select(func.count()).select_from(turns)) or 0,
        by_purpose=tuple(Cost(*one) for one in found),
        failures={outcome: number for outcome, number in failures},  # noqa: C416 -- rows are not tuples to mypy
    )
