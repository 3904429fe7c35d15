"""The answer was not to what they asked: say sorry, and offer what still helps."""

from graph.choices import Option
from graph.speech import question, words
from graph.state import State, Turn, Update
from tools.effects import AnswerOutcome


async def misread(state: State, runtime: Turn) -> Update:
    """Ask for other words; a request and a person stand beside."""
    outcome = AnswerOutcome(
        question=str(state.get("matter", {}).get("query", ""))[:500],
        article_id=str(state.get("slots", {}).get("article", "")),
        outcome="not_resolved",
    )
    options = [
        Option("new", "", words(state, "button_request")),
        Option("person", "", words(state, "button_person")),
    ]
    return {"effects": (outcome,)} | question(state, runtime, "proposing", words(state, "misread"), options)
