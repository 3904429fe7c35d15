"""How urgent a request is: the category's own priority, raised by the company's rules."""

from collections.abc import Sequence
from typing import get_args

from pydantic import Field, model_validator

from app.desk.routing import Case, When
from tools.service_desk import Frozen, Priority

STEPS: tuple[Priority, ...] = get_args(Priority)  # low, medium, high, urgent


class PriorityRule(Frozen):
    """Requests that match become so many steps, or at least so, urgent."""

    name: str = ""
    when: When
    raise_: int | None = Field(default=None, alias="raise", ge=1, le=3)
    at_least: Priority | None = None
    never_above: Priority | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> "PriorityRule":
        if (self.raise_ is None) == (self.at_least is None):
            raise ValueError("give one of `raise` and `at_least`")
        return self

    def applied_to(self, priority: Priority) -> Priority:
        """Raise a priority; never lowers one."""
        step = STEPS.index(priority)
        if self.at_least is not None:
            return STEPS[max(step, STEPS.index(self.at_least))]
        ceiling = STEPS.index(self.never_above) if self.never_above else len(STEPS) - 1
        return STEPS[max(step, min(step + (self.raise_ or 0), ceiling))]


def priority_for(case: Case, rules: Sequence[PriorityRule]) -> Priority:
    """Apply all rules that match, in their order."""
    priority = case.category.priority
    for rule in rules:
        if rule.when.holds(case):
            priority = rule.applied_to(priority)
    return priority
