"""How urgent a request is: a matrix of its impact and the category's own priority, then raised by rules.

The category's own priority is how urgent its requests are, as a rule; the impact is what the employee said it is.
"""

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


class PriorityMatrix(Frozen):
    """The priority of each impact (an option of the choice `field`) and each priority of a category.

    What has no cell keeps the category's own priority.
    """

    field: str
    cells: dict[str, dict[Priority, Priority]] = Field(default_factory=dict)

    def applied_to(self, case: Case) -> Priority:
        """Look it up."""
        own = case.category.priority
        impact = case.draft.values.get(self.field)
        return self.cells.get(impact, {}).get(own, own) if isinstance(impact, str) else own


def priority_for(
    case: Case, rules: Sequence[PriorityRule], matrix: PriorityMatrix | None = None, *, raised: int = 0
) -> Priority:
    """Look it up in the matrix, apply all rules that match, in their order, and `raised` steps of the routing."""
    priority = matrix.applied_to(case) if matrix else case.category.priority
    for rule in rules:
        if rule.when.holds(case):
            priority = rule.applied_to(priority)
    return STEPS[min(STEPS.index(priority) + raised, len(STEPS) - 1)]
