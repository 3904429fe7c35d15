"""Say honestly that nothing was found and propose a request."""

from graph.asked import Outcome, note
from graph.choices import Option
from graph.speech import question, tell, words
from graph.state import State, Turn, Update, form_open, phase_of


async def propose_request(state: State, runtime: Turn) -> Update:
    """Offer to open one, or a person; in the middle of a form only say so."""
    tap, found = state.get("tap"), state.get("retrieval")
    declined = (tap is not None and tap.verb == "none") or phase_of(state) == "offered"
    asked = state.get("said") or str(state.get("matter", {}).get("words", ""))
    outcome: Outcome = "not_resolved" if declined else "nothing"
    effects: Update = {}
    if asked:
        effects = note(state, runtime, asked, outcome, probability=found.probability if found else 0.0)
    if form_open(state):
        return effects | tell(state, "nothing_in_form")
    options = [
        Option("new", "", words(state, "button_request")),
        Option("person", "", words(state, "button_person")),
    ]
    return effects | question(
        state, runtime, "proposing", words(state, "nothing_of_these" if declined else "nothing"), options
    )
