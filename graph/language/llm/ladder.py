"""How an endpoint can be made to answer in a shape: strict schema, a tool, a JSON object, or words alone.

Many compatible servers know only some of these. Which one works is found out once, with a question that costs nothing.
"""

import json
from dataclasses import dataclass, replace
from typing import Any, Literal

from graph.language.llm.asking import Question
from graph.language.llm.schema import name_of, schema_of, tool_of

Rung = Literal["json_schema", "tool", "json_object", "plain"]
RUNGS: tuple[Rung, ...] = ("json_schema", "tool", "json_object", "plain")
WITHOUT_TOOLS: tuple[Rung, ...] = ("json_schema", "json_object", "plain")


@dataclass(frozen=True, slots=True)
class Manner:
    """How to ask: `rung`, and two things that some models refuse."""

    rung: Rung = "json_schema"
    temperature: bool = True
    old_limit: bool = False  # `max_tokens`, where `max_completion_tokens` is unknown

    def without(self, about: str) -> "Manner":
        """The same without what the endpoint's complaint names; the same manner when it names neither."""
        if self.temperature and "temperature" in about:
            return replace(self, temperature=False)
        if not self.old_limit and "max_completion_tokens" in about:
            return replace(self, old_limit=True)
        return self


def arguments(question: Question, manner: Manner, extra: dict[str, Any]) -> dict[str, Any]:
    """What goes with the messages."""
    body = dict(extra)
    asked: dict[str, Any] = {}
    if manner.old_limit:
        body["max_tokens"] = question.most_tokens
    else:
        asked["max_completion_tokens"] = question.most_tokens
    if manner.temperature:
        asked["temperature"] = 0.0
    if body:
        asked["extra_body"] = body
    return asked | _form(question, manner.rung)


def _form(question: Question, rung: Rung) -> dict[str, Any]:
    name = name_of(question.shape)
    match rung:
        case "json_schema":
            schema = {"name": name, "schema": schema_of(question.shape), "strict": True}
            return {"response_format": {"type": "json_schema", "json_schema": schema}}
        case "tool":
            chosen = {"type": "function", "function": {"name": name}}
            return {"tools": [tool_of(question.shape)], "tool_choice": chosen, "parallel_tool_calls": False}
        case "json_object":
            return {"response_format": {"type": "json_object"}}
        case _:
            return {}


def messages(question: Question, rung: Rung) -> list[dict[str, Any]]:
    """The conversation with the model; below a schema or a tool the shape is told in words."""
    system = question.system
    if rung in {"json_object", "plain"}:
        schema = json.dumps(schema_of(question.shape), ensure_ascii=False)
        system += f"\n\nAnswer with one JSON object of this schema and nothing else:\n{schema}"
    told: list[dict[str, Any]] = [{"role": "system", "content": system}, {"role": "user", "content": question.user}]
    if question.picture:
        seen = {"type": "image_url", "image_url": {"url": question.picture}}
        told[1]["content"] = [{"type": "text", "text": question.user}, seen]
    if question.complaint:
        told.append({"role": "assistant", "content": question.bad_answer or "(nothing)"})
        told.append({"role": "user", "content": f"That could not be used: {question.complaint}. Answer again."})
    return told
