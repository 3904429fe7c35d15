"""Small talk: greeting, thanks, farewell, help, what is not ours, and what was not understood."""

from graph.choices import Option
from graph.speech import question, settle, tell, words
from graph.state import State, Turn, Update, form_open, phase_of, who

PATIENCE = 2
PLAIN = {
    "thanks": "thanks", "farewell": "farewell", "off_topic": "off_topic", "resend_code": "already_verified",
    "change_email": "already_verified", "yes": "nothing_open", "no": "fine", "cancel": "fine",
    "back": "nothing_open", "correct": "nothing_open",
}  # fmt: skip
BESIDE = {"thanks": "thanks_in_form", "off_topic": "off_topic_in_form"}


async def chat(state: State, runtime: Turn) -> Update:
    """Answer in kind and briefly; after two misunderstandings show what Recado can do."""
    wish = state.get("wish")
    intent = wish.intent if wish else "unclear"
    if form_open(state):
        return _beside_a_form(state, intent)
    if intent in ("no", "cancel", "back") and phase_of(state) != "idle":
        return settle() | tell(state, "fine")
    if intent == "greeting":
        return tell(state, "greeting", name=_first_name(state, runtime))
    if intent == "help" or state.get("confused", 0) > PATIENCE:
        return offer_ways(state, runtime, "help" if intent == "help" else "unclear_menu")
    return tell(state, PLAIN.get(intent) or ("unclear" if state.get("confused", 0) < PATIENCE else "unclear_again"))


def _beside_a_form(state: State, intent: str) -> Update:
    """The form's question is asked again right after; a greeting needs no more than that."""
    if intent == "greeting":
        return {}
    return tell(state, "farewell" if intent == "farewell" else BESIDE.get(intent, "help_in_form"))


def _first_name(state: State, runtime: Turn) -> str:
    employee = who(state, runtime)
    return next(iter(employee.name.split()), "") if employee else ""


def offer_ways(state: State, runtime: Turn, key: str) -> Update:
    """Say it and show what Recado can do."""
    options = [
        Option("status", "", words(state, "row_status")),
        Option("new", "", words(state, "row_request")),
        Option("person", "", words(state, "row_person")),
    ]
    return question(state, runtime, "menu", words(state, key), options)
