"""Search the knowledge base, and what is known to be broken, for this turn's question in all its languages."""

from graph.language.offline.tongue import identify
from graph.matters import outage_for
from graph.state import State, Turn, Update, form_open, language_of, who


async def search(state: State, runtime: Turn) -> Update:
    """Look for passages this reader may see; a known outage goes before any article."""
    wish, employee = state.get("wish"), who(state, runtime)
    matter = state.get("matter", {})
    question = wish.query if wish and wish.query else (state.get("said") or matter.get("query", ""))
    if not form_open(state):
        outage = outage_for(matter, await runtime.context.desk.outages(), state.get("outages", []), asking=True)
        if outage:
            return {"slots": {"outage": outage.id}, "phase": "outage"}
    groups = employee.groups if employee else ()
    found = await runtime.context.knowledge.search(question, language_of(state), groups=groups)
    for other in wish.translations if wish and found.band != "answer" else ():
        again = await runtime.context.knowledge.search(other, identify(other)[0], groups=groups)
        found = again.model_copy(update={"query": question}) if again.probability > found.probability else found
    return {"retrieval": found}
