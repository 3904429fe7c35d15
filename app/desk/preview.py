"""What the chat will ask for a category: the graph's own nodes, in front of a desk that holds nothing else."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from langgraph.runtime import Runtime

from graph.context import Company, Context
from graph.language.offline.engine import OfflineEngine
from graph.messages import Reply
from graph.nodes.ask_field import ask_field
from graph.nodes.show_summary import show_summary
from graph.nodes.start_request import new_draft
from graph.state import State, Turn, Update
from retrieval.passage import Language, Retrieval
from tools.external import NoExternalSource
from tools.identity import CodeCheck, CodePlan
from tools.memory_desk import MemoryDesk
from tools.service_desk import Category, Employee, Field

Node = Callable[[State, Turn], Awaitable[Update]]
EXAMPLES: dict[str, Any] = {"number": 1, "yes_no": True, "date": "2026-12-01", "datetime": "2026-12-01T09:00"}


async def field_preview(category: Category, field: Field, language: Language) -> tuple[Reply, ...]:
    """The question about one field, as it is asked once the form has begun."""
    asking = category.model_copy(update={"fields": (field,)})
    return await _ask(ask_field, asking, language, _draft(asking) | {"asked": ["another"]}, field.id)


async def form_preview(category: Category, language: Language) -> tuple[Reply, ...]:
    """Every required question in its order, each answered, then the card that is confirmed."""
    draft, told = _draft(category), list[Reply]()
    for field in category.fields:
        if field.required:
            told += await _ask(ask_field, category, language, draft, field.id)
            values = draft["values"] | {field.id: _example(field, language)}
            draft = draft | {"asked": [*draft["asked"], field.id], "values": values, "told": list(values)}
    return (*told, *await _ask(show_summary, category, language, draft, ""))


def _draft(category: Category) -> dict[str, Any]:
    return new_draft(category, {"words": "…", "query": "…"})


def _example(field: Field, language: Language) -> Any:
    if field.options:
        first = field.options[0].id
        return [first] if field.type == "multi_choice" else first
    return EXAMPLES.get(field.type, field.label.get(language) or "…")


async def _ask(
    node: Node, category: Category, language: Language, draft: dict[str, Any], field_id: str
) -> tuple[Reply, ...]:
    state: State = {"language": language, "draft": draft, "next_field": field_id, "phase": "field", "slots": {}}
    told = await node(state, Runtime(context=_world(category, language)))
    replies: tuple[Reply, ...] = told.get("replies", ())
    return replies


def _world(category: Category, language: Language) -> Context:
    now = datetime.now(UTC)
    employee = Employee(id="preview", name="", email="", language=language)
    return Context(
        now=now,
        conversation_id="preview",
        principal=employee,
        company=Company(name=""),
        engine=OfflineEngine(),
        knowledge=_Nothing(),
        desk=MemoryDesk([employee], [category], lambda: now),
        identity=_Known(),
        external=NoExternalSource(),
    )


class _Nothing:
    """A knowledge base without articles."""

    async def search(self, *_asked: object, **_for: object) -> Retrieval:
        return Retrieval(query="", passages=(), probability=0.0, band="none")

    async def article(self, *_asked: object, **_for: object) -> Retrieval:
        return Retrieval(query="", passages=(), probability=0.0, band="none")


class _Known:
    """Whoever looks is signed in already: no code is ever sent."""

    async def plan_code(self, conversation_id: str, email: str, language: Language) -> CodePlan:  # noqa: ARG002 -- the port's
        return CodePlan(outcome="locked")

    async def check_code(self, conversation_id: str, code: str) -> CodeCheck:  # noqa: ARG002 -- the port's
        return CodeCheck(outcome="none")
