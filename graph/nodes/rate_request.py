"""Take the stars they gave."""

import re

from graph.choices import Option
from graph.speech import question, settle, tell, words
from graph.state import State, Turn, Update, form_open, who
from tools.effects import RateRequest

CONTENT = 4  # stars; who gives fewer is asked what was missing


async def rate_request(state: State, runtime: Turn) -> Update:
    """Ask for it as an effect when it is theirs, ended, and not rated yet."""
    employee, tap = who(state, runtime), state.get("tap")
    number, _, stars = tap.arg.rpartition(":") if tap else (str(state["slots"]["number"]), "", state.get("said", ""))
    given = re.search(r"[1-5]", stars)
    request = await runtime.context.desk.request(employee.id, number) if employee else None
    if request is None or given is None:
        return tell(state, "not_found", number=number[:20])
    if request.status not in ("solved", "closed") or request.rating is not None:
        return tell(state, "cannot_rate", number=number)
    effects: Update = {"effects": (RateRequest(number=number, stars=int(given[0])),)}
    if form_open(state):
        return effects
    if int(given[0]) >= CONTENT:
        return effects | settle()
    options = [Option("no", "", words(state, "button_skip"))]
    slots = {"number": number, "stars": int(given[0])}
    return effects | question(state, runtime, "rating_why", words(state, "ask_why"), options, slots=slots)
