"""Remind them kindly that the code from the mail is still missing; who cannot read that mail needs a person."""

from graph.choices import Option
from graph.nodes.send_code import ways_out
from graph.speech import question, words
from graph.state import State, Turn, Update


async def remind_code(state: State, runtime: Turn) -> Update:
    """Ask for the six digits again, with the ways out."""
    return question(
        state,
        runtime,
        "code",
        words(state, "code_missing", email=state.get("email", "")),
        [*ways_out(state), Option("person", "", words(state, "button_person"))],
    )
