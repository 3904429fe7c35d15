"""Counts by day in one statement, whatever the zone: the days go along as rows of their own."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, column, func, select, values
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.selectable import FromClause

from app.db.base import UtcDateTime
from app.reports.period import Period

COUNT: ColumnElement[int] = func.count()


def by_day(
    session: Session,
    period: Period,
    at: InstrumentedAttribute[Any],
    *where: ColumnElement[bool],
    within: FromClause | None = None,
    what: ColumnElement[Any] = COUNT,
) -> tuple[Any, ...]:
    """`what` (rows, if nothing else) of each day of the period; `within`: joined tables, where `where` needs them."""
    bounds = period.bounds
    names = (column("place", Integer), column("begins", UtcDateTime()), column("ends", UtcDateTime()))
    rows = [(place, bounds[place], bounds[place + 1]) for place in range(len(bounds) - 1)]
    day = values(*names, name="day").data(rows).cte("day")
    source = at.class_.__table__ if within is None else within
    counted = (
        select(day.c.place, what)
        .select_from(day.join(source, and_(at >= day.c.begins, at < day.c.ends)))
        .where(*where)
        .group_by(day.c.place)
    )
    found = {place: value for place, value in session.execute(counted)}  # noqa: C416 -- rows are not tuples to mypy
    return tuple(found.get(place, 0) for place in range(len(rows)))


def summed(counts: Sequence[Sequence[float]]) -> tuple[float, ...]:
    """Several counts of the same days together."""
    return tuple(map(sum, zip(*counts, strict=True)))
