"""Ask for the next thing the form still needs."""

from typing import Any

from graph.forms import field_of, in_words, is_free, options_of, shown
from graph.speech import question, settle, words
from graph.state import State, Turn, Update, language_of
from tools.service_desk import Category, Field


async def ask_field(state: State, runtime: Turn) -> Update:
    """Ask one field, with its choices; say first what was understood from their words."""
    draft, tap = state["draft"], state.get("tap")
    category = next((c for c in await runtime.context.desk.catalogue() if c.id == draft["category"]), None)
    field = field_of(category, state["next_field"]) if category else None
    if category is None or field is None:
        return settle()
    language = language_of(state)
    page = int(tap.arg) if tap and tap.verb == "page" and tap.arg.isdecimal() and len(tap.arg) < 4 else 0
    body = _lead(state, category, field) + in_words(field.question, language)
    if field.type == "multi_choice":
        body += "\n" + words(state, "hint_several")
    asked = [*(i for i in draft["asked"] if i != field.id), field.id]
    return {"draft": {**draft, "asked": asked, "told": list(draft["values"])}} | question(
        state,
        runtime,
        "field",
        body,
        options_of(field, language, page),
        slots={"field": field.id, "free": is_free(field)},
    )


def _lead(state: State, category: Category, field: Field) -> str:
    """Echo what was taken since the last question, and say where we are after an interruption."""
    language, draft = language_of(state), state["draft"]
    if state.get("resumed"):
        return words(state, "resume", category=in_words(category.name, language)) + "\n\n"
    told: list[Any] = draft.get("told", [])
    heard = state.get("heard", ())
    fresh = [
        f
        for f in category.fields
        if f.id in draft["values"] and (f.id not in told or any(v.field_id == f.id for v in heard))
    ]
    if not draft["asked"]:
        opening = words(state, "form_opening", category=in_words(category.name, language))
        noted = [words(state, "noted")] if state.get("later") else []
        return "\n".join([opening, *(_line(f, draft, state) for f in fresh), *noted]) + "\n\n"
    answered = state.get("slots", {}).get("field", "")
    echoed = [f for f in fresh if f.id != field.id and (f.type in ("date", "datetime", "number") or f.id != answered)]
    return "".join(f"{_line(f, draft, state)}\n" for f in echoed) + ("\n" if echoed else "")


def _line(field: Field, draft: dict[str, Any], state: State) -> str:
    language = language_of(state)
    return f"✓ {in_words(field.label, language)}: *{shown(field, draft['values'][field.id], language)[:200]}*"
