"""Requests of a period by what they are about, whose they are and in which language, beside the period before."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.desk.models import RequestRow
from app.identity.models import EmployeeRow
from app.reports.choice import Choice


@dataclass(frozen=True, slots=True)
class Part:
    """How many of one kind, now and in the period before."""

    name: str
    count: int
    before: int


def by_category(session: Session, choice: Choice) -> list[Part]:
    """Requests by category id, the most first."""
    return _parts(session, choice, RequestRow.category_id)


def by_queue(session: Session, choice: Choice) -> list[Part]:
    """Requests by queue id, the most first."""
    return _parts(session, choice, RequestRow.queue)


def by_language(session: Session, choice: Choice) -> list[Part]:
    """Requests by language, the most first."""
    return _parts(session, choice, RequestRow.language)


def by_location(session: Session, choice: Choice) -> list[Part]:
    """Requests by where their employee is, the most first."""
    return _parts(session, choice, EmployeeRow.location)


def _parts(session: Session, choice: Choice, kind: InstrumentedAttribute[str]) -> list[Part]:
    now, before = (_counts(session, one, kind) for one in (choice, choice.before))
    found = [Part(name, now.get(name, 0), before.get(name, 0)) for name in now.keys() | before.keys()]
    return sorted(found, key=lambda part: (-part.count, -part.before, part.name))


def _counts(session: Session, choice: Choice, kind: InstrumentedAttribute[str]) -> dict[str, int]:
    created, period = RequestRow.created_at, choice.period
    counted = select(kind, func.count()).select_from(RequestRow)
    if kind.class_ is EmployeeRow:
        counted = counted.join(EmployeeRow, EmployeeRow.id == RequestRow.employee_id)
    wanted = (created >= period.begins, created < period.ends, *choice.of_requests)
    return {name: count for name, count in session.execute(counted.where(*wanted).group_by(kind))}  # noqa: C416 -- rows are not tuples to mypy
