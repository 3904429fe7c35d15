"""Acknowledge anger calmly before anything else."""

from graph.nodes.chat import offer_ways
from graph.speech import tell
from graph.state import State, Turn, Update, form_open

TELLING = 0.4  # score of the best category from which on the words are about something
MATTERS = frozenset({"ask", "request", "unclear", "off_topic"})


async def calm(state: State, runtime: Turn) -> Update:
    """One sentence; words that only vent are not searched for: they get the ways to go on instead."""
    wish = state.get("wish")
    best = wish.categories[0].score if wish and wish.categories else 0.0
    venting = wish is not None and wish.intent in MATTERS and best < TELLING and "?" not in state.get("said", "")
    if venting and not form_open(state):
        return offer_ways(state, runtime, "calm") | {"angry": False, "wish": None}
    return tell(state, "calm") | {"angry": False}
