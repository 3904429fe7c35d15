"""Tell of a known trouble before anything else is opened."""

from graph.choices import Option
from graph.forms import in_words
from graph.speech import question, settle, words
from graph.state import State, Turn, Update, language_of


async def offer_outage(state: State, runtime: Turn) -> Update:
    """Offer "me too", or to go on because it is something else; it is told once, and asked shortly if need be."""
    outages = await runtime.context.desk.outages()
    outage = next((o for o in outages if o.id == state["slots"].get("outage")), None)
    if outage is None:
        return settle()
    language = language_of(state)
    asked = int(state["slots"].get("asked", 0))
    told = words(state, "outage", title=in_words(outage.title, language), body=in_words(outage.body, language))
    body = words(state, "outage_again") if asked else told
    options = [
        Option("outage", outage.id, words(state, "button_me_too")),
        Option("other", outage.id, words(state, "button_other")),
    ]
    kept = state.get("wish")
    intent = state["slots"].get("intent") or (kept.intent if kept else "request")
    slots = {"outage": outage.id, "intent": intent, "asked": asked + 1}
    known = [*(i for i in state.get("outages", []) if i != outage.id), outage.id][-5:]
    return {"outages": known} | question(state, runtime, "outage", body, options, slots=slots)
