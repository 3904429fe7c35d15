"""Which queue takes a request: the first routing rule that matches, else the category's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import model_validator

from retrieval.passage import Language
from tools.service_desk import Category, Draft, Employee, Frozen


@dataclass(frozen=True, slots=True)
class Case:
    """What rules look at."""

    category: Category
    draft: Draft
    employee: Employee


class When(Frozen):
    """Conditions of a rule; all that are given must hold."""

    category: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()  # the category's own
    language: tuple[Language, ...] = ()  # of the request
    location: tuple[str, ...] = ()  # the employee's
    vip: bool | None = None
    field: str = ""
    value: Any = None

    @model_validator(mode="after")
    def _says_something(self) -> "When":
        if not self.model_fields_set:
            raise ValueError("it has no condition")
        if ("field" in self.model_fields_set) != ("value" in self.model_fields_set):
            raise ValueError("`field` and `value` go together")
        return self

    def holds(self, case: Case) -> bool:
        """Say whether all conditions hold."""
        employee, category = case.employee, case.category
        places = {place.casefold() for place in self.location}
        return (
            (not self.category or category.id in self.category)
            and (not self.queue or category.queue in self.queue)
            and (not self.language or case.draft.language in self.language)
            and (not places or employee.location.casefold() in places)
            and (self.vip is None or employee.vip == self.vip)
            and (not self.field or self._has_value(case.draft.values.get(self.field)))
        )

    def _has_value(self, value: Any) -> bool:
        if isinstance(value, list | tuple):
            return self.value in value
        return bool(value == self.value) and isinstance(value, bool) == isinstance(self.value, bool)


class RoutingRule(Frozen):
    """Requests that match go to `queue`."""

    name: str = ""
    when: When
    queue: str


def queue_for(case: Case, rules: Sequence[RoutingRule]) -> str:
    """Choose the queue."""
    return next((rule.queue for rule in rules if rule.when.holds(case)), case.category.queue)
