"""Ask for the company e-mail."""

from graph.speech import question, words
from graph.state import State, Turn, Update


async def ask_email(state: State, runtime: Turn) -> Update:
    """Ask once more, in other words, when it was asked before."""
    wish, said = state.get("wish"), state.get("said", "")
    if said and state.get("pending", "").endswith(said[-200:]):
        return question(state, runtime, "email", words(state, "ask_email_kept"))
    tap = state.get("tap")
    if (tap and tap.verb == "email") or (wish and wish.intent == "change_email"):
        return question(state, runtime, "email", words(state, "ask_email_other"))
    again = state.get("phase") == "email" and not (wish and wish.intent == "greeting")
    return question(state, runtime, "email", words(state, "ask_email_again" if again else "ask_email"))
