"""Where a turn goes while a request is being filled: to leave the form, turn in it, step aside from it, or fill it."""

import re

from langgraph.graph import END

from graph.matters import QUESTION
from graph.state import State, Turn, phase_of

ON_STUCK = {"needed": {"yes": "hand_off", "no": "resume_form"}, "optional": {"yes": "leave_field", "no": "resume_form"}}
BESIDE_FIELDS = {
    "summary": {"yes": "confirm_request", "no": "correct_request"},
    "correcting": {"yes": "resume_form", "no": "resume_form"},
}
BY_INTENT = {
    "ask": "search", "request": "start_request", "status": "show_status", "comment": "propose_comment",
    "person": "hand_off", "logout": "end_session", "erase_data": "erase_data",
}  # fmt: skip
ASIDE = frozenset({"thanks", "farewell", "help", "off_topic", "greeting"})
COMMENTING = re.compile(r"\b(?:coment[áa]rio|comentario|comment|coment(?:ar|a|e)\b)", re.IGNORECASE)
VALUED = re.compile(r"[\d@]")  # a correction with a number, a date or an address corrects a field, not the category
SURELY, LIKELY = 0.8, 0.6  # how clear an interruption must be: where free words are asked for, and elsewhere
CLEAR = 0.55  # how clear another category must be when they say themselves that it is another


def in_form(state: State, intent: str) -> str:
    """A form is open: leave it, turn in it, step aside from it, or fill it; words in doubt are for the form."""
    leaving = {i: BY_INTENT[i] for i in ("person", "logout", "erase_data")}
    turning = {"cancel": "drop_request", "back": _back(state)} | BESIDE_FIELDS.get(phase_of(state), {})
    if intent == "correct" and _elsewhere(state, CLEAR) and not VALUED.search(state.get("said", "")):
        return "move_request"
    stuck = ON_STUCK.get(str(state.get("slots", {}).get("stuck", "")), {}) if _bare(state) else {}
    clear = _confidence(state) >= (SURELY if _free(state) else LIKELY)
    return (
        stuck.get(intent)
        or ((leaving | turning).get(intent) if clear else None)
        or _aside(state, intent)
        or "fill_fields"
    )


def _bare(state: State) -> bool:
    """Say whether it is a yes or a no and little else: "sim, por favor", and not "não tenho"."""
    return phase_of(state) == "field" and _confidence(state) >= SURELY


def _back(state: State) -> str:
    """At the summary of a form that asked nothing, back is to what can be changed."""
    return "step_back" if phase_of(state) == "field" or state["draft"]["asked"] else "correct_request"


def _free(state: State) -> bool:
    return phase_of(state) == "field" and bool(state.get("slots", {}).get("free"))


def _confidence(state: State) -> float:
    wish = state.get("wish")
    return wish.confidence if wish else 0.0


def _aside(state: State, intent: str) -> str:
    """Name the node that serves an interruption; "" when the words are for the form."""
    asks = QUESTION.search(state.get("said", "")) is not None
    if (intent == "ask" and asks) or (intent == "status" and _confidence(state) >= SURELY):
        return BY_INTENT[intent]
    if intent == "request" and _confidence(state) >= SURELY and _elsewhere(state, LIKELY):
        return "note_wish"
    if intent == "comment" and not _free(state) and COMMENTING.search(state.get("said", "")):
        return "propose_comment"
    if intent == "off_topic" and _free(state) and not asks:
        return ""
    return "chat" if intent in ASIDE and _confidence(state) >= SURELY else ""


def _elsewhere(state: State, least: float) -> bool:
    """Say whether the words belong to another category than the form's."""
    wish = state.get("wish")
    best = wish.categories[0] if wish and wish.categories else None
    return best is not None and best.score >= least and best.id != state["draft"]["category"]


def compared(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """A similar request waits for their word."""
    return END if phase_of(state) == "similar" else "fill_fields"


def filled(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """What the words did not fill is explained; at the summary the fields are listed."""
    if not state.get("unfilled") or not state.get("draft"):
        return "check_form"
    wish = state.get("wish")
    intent = wish.intent if wish else ""
    if intent in ASIDE and _confidence(state) >= LIKELY:
        return "chat"
    if intent == "correct" or phase_of(state) == "correcting":
        return "correct_request"
    return "show_summary" if phase_of(state) == "summary" else "explain_field"


def form_checked(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """Ask on, or show the whole."""
    wanted = state.get("next_field")
    if wanted == "gone":
        return END
    return "ask_field" if wanted else "show_summary"
