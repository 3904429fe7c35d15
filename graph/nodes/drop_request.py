"""Drop what was being asked, kindly."""

import re

from graph.speech import settle, tell
from graph.state import State, Turn, Update, phase_of

ALL = re.compile(
    r"\b(?:tudo|todo|all|everything|deixa\w* (?:pra|para) l[aá]|d[eé]ja\w*|forget|esque[cç]\w*|olv[ií]d\w*)\b",
    re.IGNORECASE,
)
"""Words that give up the queue of wishes too."""


async def drop_request(state: State, runtime: Turn) -> Update:  # noqa: ARG001 every node has the same shape
    """Nothing has been sent, and they hear so."""
    had_draft = bool(state.get("draft")) or phase_of(state) in ("describe", "category", "proposing")
    key = "dropped" if had_draft else "dropped_nothing"
    given_up = phase_of(state) == "next" or ALL.search(state.get("said", ""))
    queue: Update = {"later": []} if given_up else {}
    return {"draft": {}, "matter": {}} | queue | settle() | tell(state, key)
