"""Routing rules tried on past requests: what they would have decided, beside what the rules in force would."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.models import CategoryRow, RequestRow
from app.desk.priority import priority_for
from app.desk.routing import Case, RoutingRule, rule_for
from app.desk.rules import DeskRules, rules_of
from app.identity.models import EmployeeRow, to_employee
from tools.service_desk import Category, Draft, Employee, Priority

LAST = 200  # requests


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a request would go. `rule` is the position of the rule that decided, from 1; 0 = none did."""

    queue: str
    priority: Priority
    assignee: str
    rule: int


@dataclass(frozen=True, slots=True)
class Tried:
    """One past request."""

    number: int
    title: str
    category: Category
    employee: Employee
    created_at: datetime
    before: Decision
    after: Decision

    @property
    def differs(self) -> bool:
        """Whether the employee or an agent would notice."""
        was, would = self.before, self.after
        return (was.queue, was.priority, was.assignee) != (would.queue, would.priority, would.assignee)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it."""

    tried: tuple[Tried, ...]
    before: Counter[str]  # requests by queue
    after: Counter[str]
    matches: tuple[int, ...]  # how many requests each rule decided

    @property
    def changed(self) -> tuple[Tried, ...]:
        """Those that would be decided differently."""
        return tuple(one for one in self.tried if one.differs)


def try_routing(session: Session, routing: Sequence[RoutingRule], *, last: int = LAST) -> Trial:
    """Decide the newest requests again, as of the moment they came; nothing is changed."""
    rules = rules_of(session)
    rows = session.scalars(select(RequestRow).order_by(RequestRow.number.desc()).limit(last)).all()
    people = _people(session, {row.employee_id for row in rows})
    catalogue = {row.id: Category.model_validate(row.spec) for row in session.scalars(select(CategoryRow))}
    tried = tuple(_try_one(row, catalogue, people, rules, routing) for row in rows)
    decided = Counter(one.after.rule for one in tried)
    return Trial(
        tried,
        Counter(one.before.queue for one in tried),
        Counter(one.after.queue for one in tried),
        tuple(decided[position] for position in range(1, len(routing) + 1)),
    )


def _try_one(
    row: RequestRow,
    catalogue: dict[str, Category],
    people: dict[str, Employee],
    rules: DeskRules,
    routing: Sequence[RoutingRule],
) -> Tried:
    category = catalogue[row.category_id]
    employee = people.get(row.employee_id) or Employee(id=row.employee_id, name="", email="")
    told = {"category_id": row.category_id, "title": row.title, "description": row.description}
    draft = Draft.model_validate(told | {"values": row.fields, "language": row.language})
    case = Case(category, draft, employee, is_open=rules.at_work(category.queue, row.created_at))
    return Tried(
        row.number,
        row.title,
        category,
        employee,
        row.created_at,
        decide(case, rules, rules.routing),
        decide(case, rules, routing),
    )


def decide(case: Case, rules: DeskRules, routing: Sequence[RoutingRule]) -> Decision:
    """What becomes of a request."""
    rule = rule_for(case, routing)
    priority = priority_for(case, rules.priority_rules, rules.priority_matrix, raised=rule.raise_ if rule else 0)
    if rule is None:
        return Decision(case.category.queue, priority, "", 0)
    return Decision(rule.queue or case.category.queue, priority, rule.assignee, list(routing).index(rule) + 1)


def _people(session: Session, ids: set[str]) -> dict[str, Employee]:
    rows = session.scalars(select(EmployeeRow).where(EmployeeRow.id.in_(ids)))
    return {row.id: to_employee(row) for row in rows}
