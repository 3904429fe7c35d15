"""Say gently what a field needs; who has no answer, or after three tries, is offered a person."""

import re

from babel.numbers import format_decimal

from graph.choices import Option
from graph.forms import field_of, in_words, is_free, options_of
from graph.moments import LOCALES
from graph.speech import question, words
from graph.state import State, Turn, Update, language_of
from tools.service_desk import Field

PATIENCE = 3
NOT_KNOWN = re.compile(
    r"\b(?:n[ãa]o|n|no|(?:i )?don'?t|do not|can'?t|cannot|couldn'?t|sem|sin|without)\s+"
    r"(?:(?:eu|o|a|lo|la|me|it|le)\s+)?"
    r"(?:sei|se|sé|know|tenho|tengo|tem|tiene|have|lembro|recuerdo|remember|acho|achei|encontro|encontrei|encuentro"
    r"|find|see|vejo|veo|hay|h[áa]|etiqueta|tag|label|n[úu]mero|number|ideia|idea|sure|patrim[ôo]nio)\b"
    r"|\b(?:idk|dunno|no tag|ni idea|sei l[áa]|not sure)\b",
    re.IGNORECASE,
)
"""Words of somebody who has no answer to give."""


async def explain_field(state: State, runtime: Turn) -> Update:
    """Explain with an example of the field's type, or give a way out."""
    draft, slots = state["draft"], state.get("slots", {})
    category = next((c for c in await runtime.context.desk.catalogue() if c.id == draft["category"]), None)
    field = field_of(category, slots.get("field", "")) if category else None
    if field is None:
        return {"draft": {}, "phase": "idle", "slots": {}}
    tries = int(slots.get("tries", 0)) + 1
    kept = {"field": field.id, "free": is_free(field), "tries": tries}
    lacking = not field.options and field.type != "yes_no" and NOT_KNOWN.search(state.get("said", "")) is not None
    if lacking or tries >= PATIENCE:
        kept["stuck"] = "" if field.type == "yes_no" else "optional" if lacking and not field.required else "needed"
        way_on = Option("again", "", words(state, "button_again"))
        if not field.required:
            way_on = Option("without", "", words(state, "button_without"))
        options = [
            Option("person", "", words(state, "button_person")),
            way_on,
            Option("cancel", "", words(state, "button_cancel")),
        ]
        key = "stuck" if not lacking else "field_needed" if field.required else "field_optional"
        return question(state, runtime, "field", words(state, key, field=_label(state, field)), options, slots=kept)
    body = f"{_expected(state, field)}\n\n{in_words(field.question, language_of(state))}"
    return question(state, runtime, "field", body, options_of(field, language_of(state), 0), slots=kept)


def _label(state: State, field: Field) -> str:
    return in_words(field.label, language_of(state))


def _expected(state: State, field: Field) -> str:
    if field.type in ("date", "datetime", "number", "email", "phone", "asset_tag"):
        if field.type == "number" and field.minimum is not None and field.maximum is not None:
            low, high = (_number(state, n) for n in (field.minimum, field.maximum))
            return words(state, "expect_between", low=low, high=high)
        return words(state, f"expect_{field.type}")
    return words(state, "expect_choice" if field.options or field.type == "yes_no" else "expect_text")


def _number(state: State, number: float) -> str:
    return str(format_decimal(number, locale=LOCALES[language_of(state)]))
