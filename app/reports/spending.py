"""What thinking cost: a model by day and purpose, and how many turns the embedded engine thought for nothing."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, distinct, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.models import Turn
from app.reports.choice import Choice
from app.reports.days import by_day
from app.thinking.models import ModelCallRow


@dataclass(frozen=True, slots=True)
class Purpose:
    """One model's calls for one purpose."""

    model: str
    purpose: str
    calls: int
    failed: int
    tokens_in: int
    tokens_out: int
    cost: float


@dataclass(frozen=True, slots=True)
class Spending:
    """In the currency of the price table. `turns` by what thought; the embedded engine's cost nothing."""

    by_day: tuple[float, ...]
    calls_by_day: tuple[int, ...]
    purposes: tuple[Purpose, ...]
    conversations: int  # in which a model was asked
    turns: dict[str, int]

    @property
    def cost(self) -> float:
        """All of it."""
        return sum(purpose.cost for purpose in self.purposes)

    @property
    def calls(self) -> int:
        """All calls."""
        return sum(purpose.calls for purpose in self.purposes)


def spending(session: Session, choice: Choice) -> Spending:
    """What the period cost; of all languages, for a call knows none."""
    call, period = ModelCallRow, choice.period
    wanted = _within(call.at, choice)
    failed = func.sum(cast(call.outcome != "ok", Integer))
    sums = (func.count(), failed, func.sum(call.tokens_in), func.sum(call.tokens_out), func.sum(call.cost))
    grouped = select(call.model, call.purpose, *sums).where(*wanted).group_by(call.model, call.purpose)
    purposes = tuple(Purpose(*row) for row in session.execute(grouped.order_by(func.sum(call.cost).desc())))
    engines = select(Turn.engine, func.count()).where(*_within(Turn.at, choice)).group_by(Turn.engine)
    people = select(func.count(distinct(call.conversation_id))).where(*wanted)
    return Spending(
        by_day=by_day(session, period, call.at, what=func.sum(call.cost)) if purposes else _nothing(choice),
        calls_by_day=by_day(session, period, call.at) if purposes else _nothing(choice),
        purposes=purposes,
        conversations=session.scalar(people) or 0,
        turns={engine: count for engine, count in session.execute(engines.order_by(func.count().desc()))},  # noqa: C416 -- rows are not tuples to mypy
    )


def _within(at: InstrumentedAttribute[Any], choice: Choice) -> tuple[ColumnElement[bool], ...]:
    return at >= choice.period.begins, at < choice.period.ends


def _nothing(choice: Choice) -> tuple[int, ...]:
    return (0,) * len(choice.period.days)
