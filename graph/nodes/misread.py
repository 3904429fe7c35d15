"""The answer was not to what they asked: say sorry, and offer what still helps."""

from graph.asked import unhelped
from graph.choices import Option
from graph.speech import question, words
from graph.state import State, Turn, Update


async def misread(state: State, runtime: Turn) -> Update:
    """Ask for other words; a request and a person stand beside."""
    options = [
        Option("new", "", words(state, "button_request")),
        Option("person", "", words(state, "button_person")),
    ]
    asked = question(state, runtime, "proposing", words(state, "misread"), options)
    return {"effects": unhelped(state, runtime)} | asked
