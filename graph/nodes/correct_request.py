"""Ask what to change in the request."""

from graph.choices import Option, cut
from graph.forms import in_words, paged, shown
from graph.speech import question, words
from graph.state import State, Turn, Update, language_of


async def correct_request(state: State, runtime: Turn) -> Update:
    """List its fields with their values, the description last."""
    draft, language, tap = state["draft"], language_of(state), state.get("tap")
    category = next((c for c in await runtime.context.desk.catalogue() if c.id == draft["category"]), None)
    if category is None:
        return {"draft": {}, "phase": "idle", "slots": {}}
    options = [
        Option("change", f.id, in_words(f.label, language), shown(f, draft["values"][f.id], language))
        for f in category.fields
        if f.id in draft["values"]
    ]
    options.append(Option("rewrite", "", words(state, "row_description"), cut(draft["description"], 72)))
    options.append(Option("more", "0", words(state, "row_category"), in_words(category.name, language)))
    page = int(tap.arg) if tap and tap.verb == "fix" and tap.arg.isdecimal() and len(tap.arg) < 4 else 0
    return question(
        state, runtime, "correcting", words(state, "ask_correction"), paged(options, language, page, verb="fix")
    )
