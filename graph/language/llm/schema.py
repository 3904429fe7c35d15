"""A shape as the strict JSON schema that providers take: everything required, nothing else allowed, no references."""

from typing import Any

from graph.language.llm.asking import Shape

DROPPED = frozenset({"title", "default", "maxLength", "minLength", "maxItems", "minItems", "description"})
"""Keywords that strict mode of one provider or another refuses; our own validation has them still."""


def schema_of(shape: type[Shape]) -> dict[str, Any]:
    """The schema of a shape; members keep their order, which is the order in which a model writes."""
    whole = shape.model_json_schema()
    plain: dict[str, Any] = _plain(whole, whole.get("$defs", {}))
    plain.pop("$defs", None)
    return plain


def tool_of(shape: type[Shape]) -> dict[str, Any]:
    """The one tool whose arguments are the shape."""
    function = {"name": name_of(shape), "description": "Report what was asked for.", "parameters": schema_of(shape)}
    return {"type": "function", "function": function | {"strict": True}}


def name_of(shape: type[Shape]) -> str:
    """The shape's name as providers take it."""
    return f"report_{shape.__name__.lower()}"


def _plain(node: Any, defs: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_plain(item, defs) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(defs[node["$ref"].rpartition("/")[2]], defs)
    kept = {key: _plain_member(key, value, defs) for key, value in node.items() if key not in DROPPED}
    if kept.get("type") == "object":
        kept |= {"additionalProperties": False, "required": list(kept.get("properties", {}))}
    if "const" in kept:
        kept["enum"] = [kept.pop("const")]
    return kept


def _plain_member(key: str, value: Any, defs: dict[str, Any]) -> Any:
    """A member called "title" is a member, not a keyword."""
    if key == "properties":
        return {name: _plain(member, defs) for name, member in value.items()}
    return _plain(value, defs)
