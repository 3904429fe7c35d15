"""Asks the engine what an utterance means, as a turn of the graph would ask it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.rehearsal import Stage
from eval.cases.understanding import UnderstandingCase
from eval.company import Company
from graph.language.port import FieldValue, Hearing, Line, Understanding
from tools.service_desk import Category, Employee, Field


@dataclass(frozen=True, slots=True)
class Heard:
    """What was understood and, where a form is judged, filled."""

    understood: Understanding
    filled: tuple[FieldValue, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)  # of the form's fields, by id

    @property
    def intent(self) -> str:
        """Of the first wish."""
        return self.understood.wishes[0].intent

    @property
    def categories(self) -> tuple[tuple[str, float], ...]:
        """Of the first wish, best first."""
        return tuple((scored.id, scored.score) for scored in self.understood.wishes[0].categories)

    @property
    def values(self) -> dict[str, Any]:
        """By field."""
        return {value.field_id: value.value for value in self.filled}


async def hear(case: UnderstandingCase, stage: Stage, company: Company, engine: Any) -> Heard:
    """Understand one case with an engine; its form is filled when fields are judged."""
    catalogue = await stage.faculties.desk.catalogue()
    employee = await stage.faculties.desk.employee_by_email(company.email_of(case.employee))
    leaves = tuple(category for category in catalogue if category.queue and _open_to(category, employee))
    form = case.form or (case.category[0] if case.fields is not None and case.category else "")
    fields = next((category.fields for category in catalogue if category.id == form), ())
    asked = next((field for field in fields if field.id == case.asked), None)
    hearing = _hearing(case, leaves, employee, asked, case.form)
    understood = await engine.understand(hearing)
    filled = await engine.fill(fields, hearing) if case.fields is not None and fields else ()
    return Heard(understood, filled, {field.id: field.type for field in fields})


def _hearing(
    case: UnderstandingCase, leaves: tuple[Category, ...], employee: Employee | None, asked: Field | None, form: str
) -> Hearing:
    lines = tuple(
        Line(by="employee" if said.employee else "bot", text=said.employee or said.bot) for said in case.before
    )
    return Hearing(
        text=case.text, language=case.spoken, recent=lines, categories=leaves, employee=employee, asked=asked,
        form=form, now=case.now,
    )  # fmt: skip


def _open_to(category: Category, employee: Employee | None) -> bool:
    return not category.groups or bool(employee and set(category.groups) & set(employee.groups))
