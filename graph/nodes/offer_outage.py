"""Tell of a known trouble before anything else is opened."""

from graph.choices import Option
from graph.forms import in_words
from graph.speech import question, settle, words
from graph.state import State, Turn, Update, language_of


async def offer_outage(state: State, runtime: Turn) -> Update:
    """Offer "me too", or to go on because it is something else."""
    outages = await runtime.context.desk.outages()
    outage = next((o for o in outages if o.id == state["slots"].get("outage")), None)
    if outage is None:
        return settle()
    language = language_of(state)
    body = words(state, "outage", title=in_words(outage.title, language), body=in_words(outage.body, language))
    options = [
        Option("outage", outage.id, words(state, "button_me_too")),
        Option("other", outage.id, words(state, "button_other")),
    ]
    kept = state.get("wish")
    slots = {"outage": outage.id, "intent": kept.intent if kept else "request"}
    return question(state, runtime, "outage", body, options, slots=slots)
