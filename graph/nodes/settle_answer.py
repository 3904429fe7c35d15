"""Be glad that an answer helped, and note it."""

from graph.speech import settle, tell
from graph.state import State, Turn, Update
from tools.effects import AnswerOutcome


async def settle_answer(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Close the matter with the outcome the knowledge manager will see."""
    outcome = AnswerOutcome(
        question=str(state.get("matter", {}).get("query", ""))[:500],
        article_id=str(state.get("slots", {}).get("article", "")),
        outcome="resolved",
    )
    return {"effects": (outcome,), "matter": {}} | settle() | tell(state, "glad")
