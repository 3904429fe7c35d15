"""Where a request goes: the first routing rule that matches, else the category's own queue."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from pydantic import Field, model_validator

from retrieval.passage import Language
from tools.service_desk import Category, Draft, Employee, Frozen

Hours = Literal["", "open", "closed"]


@dataclass(frozen=True, slots=True)
class Case:
    """What rules look at. `is_open`: the category's own queue is at work when the request comes."""

    category: Category
    draft: Draft
    employee: Employee
    is_open: bool = True


class When(Frozen):
    """Conditions of a rule; all that are given must hold."""

    category: tuple[str, ...] = ()
    queue: tuple[str, ...] = ()  # the category's own
    language: tuple[Language, ...] = ()  # of the request
    location: tuple[str, ...] = ()  # the employee's
    department: tuple[str, ...] = ()  # the employee's
    keywords: tuple[str, ...] = ()  # one of them is in title, description or values, whole words, accents or not
    hours: Hours = ""  # of the category's own queue
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
        return (
            (not self.category or category.id in self.category)
            and (not self.queue or category.queue in self.queue)
            and (not self.language or case.draft.language in self.language)
            and (not self.location or _folded(employee.location) in map(_folded, self.location))
            and (not self.department or _folded(employee.department) in map(_folded, self.department))
            and (not self.hours or (self.hours == "open") == case.is_open)
            and (self.vip is None or employee.vip == self.vip)
            and (not self.field or self._has_value(case.draft.values.get(self.field)))
            and (not self.keywords or _names_one(self.keywords, case.draft))
        )

    def _has_value(self, value: Any) -> bool:
        if isinstance(value, list | tuple):
            return self.value in value
        return bool(value == self.value) and isinstance(value, bool) == isinstance(self.value, bool)


class RoutingRule(Frozen):
    """What becomes of requests that match; what is empty stays as it would be."""

    name: str = ""
    when: When
    queue: str = ""
    raise_: int = Field(default=0, alias="raise", ge=0, le=3)  # steps of priority
    assignee: str = ""  # e-mail of an account of the staff

    @model_validator(mode="after")
    def _does_something(self) -> "RoutingRule":
        if not (self.queue or self.raise_ or self.assignee):
            raise ValueError("give one of `queue`, `raise` and `assignee`")
        return self


def rule_for(case: Case, rules: Sequence[RoutingRule]) -> RoutingRule | None:
    """Find the first rule that matches."""
    return next((rule for rule in rules if rule.when.holds(case)), None)


def queue_for(case: Case, rules: Sequence[RoutingRule]) -> str:
    """Choose the queue."""
    rule = rule_for(case, rules)
    return (rule.queue if rule else "") or case.category.queue


def _names_one(keywords: Sequence[str], draft: Draft) -> bool:
    texts = (draft.title, draft.description, *map(str, draft.values.values()))
    return _any_of(tuple(keywords)).search(_folded("\n".join(texts))) is not None


@lru_cache(maxsize=500)
def _any_of(keywords: tuple[str, ...]) -> re.Pattern[str]:
    words = [r"\s+".join(map(re.escape, _folded(keyword).split())) for keyword in keywords]
    return re.compile(rf"(?<!\w)(?:{'|'.join(filter(None, words)) or '(?!)'})(?!\w)")


def _folded(text: str) -> str:
    """Without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign)).strip()
