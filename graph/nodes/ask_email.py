"""Ask for the company e-mail."""

from graph.speech import question, words
from graph.state import State, Turn, Update


async def ask_email(state: State, runtime: Turn) -> Update:
    """Ask once more, in other words, when it was asked before."""
    again = state.get("phase") == "email" and not state.get("tap")
    kept = "ask_email_kept" if state.get("pending") else "ask_email"
    return question(state, runtime, "email", words(state, "ask_email_again" if again else kept))
