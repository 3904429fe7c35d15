"""Small talk: greeting, thanks, farewell, help, what is not ours, and what was not understood."""

from graph.choices import Option
from graph.speech import question, tell, words
from graph.state import State, Turn, Update, form_open, phase_of, who

PATIENCE = 2


async def chat(state: State, runtime: Turn) -> Update:
    """Answer in kind and briefly; after two misunderstandings show what Recado can do."""
    wish = state.get("wish")
    intent = wish.intent if wish else "unclear"
    in_form = form_open(state)
    match intent:
        case "greeting" if not in_form:
            employee = who(state, runtime)
            name = employee.name.split()[0] if employee and employee.name.split() else ""
            return tell(state, "greeting", name=name)
        case "greeting" | "help" if in_form:
            return {} if intent == "greeting" else tell(state, "help_in_form")
        case "thanks" | "farewell" | "off_topic":
            return tell(state, f"{intent}_in_form" if in_form and intent != "farewell" else intent)
        case "resend_code" | "change_email":
            return tell(state, "already_verified")
        case "no" | "cancel" | "back" if phase_of(state) != "idle":
            return {"phase": "idle", "slots": {}, "nonce": ""} | tell(state, "fine")
        case "yes" | "no" | "cancel" | "back" | "correct":
            return tell(state, "nothing_open")
        case "help":
            return _menu(state, runtime, "help")
        case _:
            if state.get("confused", 0) > PATIENCE:
                return _menu(state, runtime, "unclear_menu")
            return tell(state, "unclear" if state.get("confused", 0) < PATIENCE else "unclear_again")


def _menu(state: State, runtime: Turn, key: str) -> Update:
    options = [
        Option("status", "", words(state, "row_status")),
        Option("new", "", words(state, "row_request")),
        Option("person", "", words(state, "row_person")),
    ]
    return question(state, runtime, "menu", words(state, key), options)
