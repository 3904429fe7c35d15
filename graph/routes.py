"""Where a turn goes next: every decision of the dialogue, read from what is known and nothing else."""

import re
from collections.abc import Callable

from langgraph.graph import END

from graph.choices import Tap
from graph.credentials import find_code, find_email, mend_email, words_beside
from graph.form_routes import ASIDE, BY_INTENT, COMMENTING, in_form
from graph.joining import file_joins, joining
from graph.language.offline.tongue import asked_language
from graph.matters import ASKED_TWICE, QUESTION
from graph.notices import wants_notices
from graph.requests import HANDLING, answers
from graph.state import IDENTITY, State, Turn, asked_of, form_open, language_of, phase_of, who
from retrieval.passage import Retrieval
from tools.external.topic import is_of_work

Route = Callable[[State, Turn], object]

BEFORE_IDENTITY = {"resend": "send_code", "email": "ask_email", "person": "hand_off"}
ANYTIME = {
    "show": "show_status", "status": "show_status", "person": "hand_off", "read": "open_article",
    "leave": "start_request", "rating": "ask_rating", "rate": "rate_request", "reopen": "reopen_request",
}  # fmt: skip
"""Taps that only read, or whose moment the desk itself knows: they need no nonce."""

IN_TIME = {
    ("answered", "resolved"): "settle_answer", ("answered", "new"): "start_request",
    ("offered", "none"): "propose_request", ("offered", "new"): "start_request",
    ("proposing", "new"): "start_request", ("menu", "new"): "start_request",
    ("outage", "outage"): "join_outage", ("outage", "other"): "pass_outage",
    ("category", "category"): "choose_category", ("category", "more"): "list_categories",
    ("similar", "join"): "join_similar", ("similar", "open"): "fill_fields", ("similar", "cancel"): "drop_request",
    ("field", "value"): "take_value", ("field", "page"): "check_form", ("field", "again"): "resume_form",
    ("field", "without"): "leave_field",
    ("field", "cancel"): "drop_request", ("summary", "cancel"): "drop_request",
    ("summary", "confirm"): "confirm_request", ("summary", "fix"): "correct_request",
    ("correcting", "fix"): "correct_request", ("correcting", "change"): "change_field",
    ("correcting", "rewrite"): "ask_description", ("correcting", "more"): "list_categories",
    ("status", "comment"): "ask_comment", ("status", "close"): "close_request",
    ("comment_check", "add"): "add_comment", ("comment_check", "no"): "chat",
    ("comment_check", "other"): "pass_topic", ("ended", "other"): "pass_topic", ("ended", "revive"): "revive_request",
    ("ended", "no"): "chat", ("rating_why", "no"): "explain_rating",
    ("next", "yes"): "take_next", ("next", "no"): "skip_next",
}  # fmt: skip
"""Taps that belong to one question, open now and of this nonce."""

ON_YES = {
    "answered": "settle_answer", "offered": "open_article", "proposing": "start_request", "outage": "join_outage",
    "similar": "join_similar",
    "summary": "confirm_request", "comment_check": "add_comment", "ended": "revive_request", "next": "take_next",
}  # fmt: skip
ON_NO = {
    "answered": "start_request", "offered": "propose_request", "outage": "pass_outage", "similar": "fill_fields",
    "summary": "correct_request", "next": "skip_next", "describe": "drop_request", "category": "drop_request",
}  # fmt: skip
STRANGER = (
    "ask_email", "send_code", "check_code", "remind_code", "offer_person", "hand_off", "erase_data", "end_session",
)  # fmt: skip
UNDERSTOOD = tuple(dict.fromkeys([
    *ON_YES.values(), *ON_NO.values(), *BY_INTENT.values(), "chat", "drop_request", "step_back", "fill_fields",
    "join_topic", "ask_topic", "pass_topic", "explain_rating", "add_comment",
    "write_comment", "rewrite_description", "note_wish", "resume_form", "move_request", "misread", "offer_outage",
    "leave_field",
]))  # fmt: skip
TAPPED = tuple(dict.fromkeys([*IN_TIME.values(), *ANYTIME.values()]))
NOT_ASKED = re.compile(
    r"pergunt|pregunt|\bask|n[ãa]o (?:é|e|era|foi) (?:isso|isto)|no (?:es|era|fue) (?:eso|lo que)|not what|nada a ver"
    r"|nada que ver|wrong",
    re.IGNORECASE,
)
"""Words after an answer that say it was not the question."""
THANKING = re.compile(r"\b(?:obrigad|obg|valeu|vlw|gracias|thank|thx)", re.IGNORECASE)
MATTERS = frozenset({"ask", "request", "correct"})
STARS = re.compile(r"\W*(?:[^\W\d]+\W+){0,2}[1-5](?:\W+[^\W\d]+){0,2}\W*")  # "5", "nota 4", "5 estrelas!"
CALLED_BACK = frozenset({"assistente", "asistente", "assistant"})  # the word that the hand-off names
NO_LONGER = frozenset({"assistant", "leave"})  # taps of whoever waits for a person and would rather not
NAMING = 4  # words that only name a request: "é do 1002 sim"
WRAPPING = 3  # words around a code or an address that say nothing else: "o meu código é"


def hear(state: State, runtime: Turn) -> str:
    """After listening: silence, a tap's node, the engine, or identity first."""
    if runtime.context.handed_over or state.get("signal") == "quiet":
        return "take_back" if runtime.context.handed_over and _called_back(state) else END
    if who(state, runtime) is None:
        return _hear_stranger(state)
    if state.get("tap") or state.get("wish"):
        return "follow_tap" if state.get("tap") else "follow_wish"
    return _hear_words(state, runtime)


def _hear_words(state: State, runtime: Turn) -> str:
    """Somebody known says or sends something: in answer to news of a request, or to be understood."""
    if answers(state["burst"], runtime.context.about):
        return "add_quoted"
    if state.get("signal"):
        return _hear_signal(state, runtime)
    if not form_open(state) and wants_notices(state["said"]) is not None:
        return "switch_notices"
    if phase_of(state) == "rating" and STARS.fullmatch(state["said"]):
        return "rate_request"
    return "understand"


def _hear_signal(state: State, runtime: Turn) -> str:
    """A file may be for the request spoken of; anything else is answered in kind."""
    joins = file_joins(state, runtime) if state.get("signal") in ("file", "voice") and not form_open(state) else ""
    return {"join": "join_topic", "ask": "ask_topic"}.get(joins, "acknowledge")


def _called_back(state: State) -> bool:
    """Say whether they want the assistant again: by its word, or by a tap on what the wait offered them."""
    tap = state.get("tap")
    if tap:
        return tap.verb in NO_LONGER
    return state.get("said", "").strip(" .!*").casefold() in CALLED_BACK


def _hear_stranger(state: State) -> str:
    tap, said = state.get("tap"), state.get("said", "")
    credential = find_email(said) or find_code(said) or mend_email(state.get("email", ""), said)
    plain = words_beside(said) <= (WRAPPING if phase_of(state) in IDENTITY else 0)
    return "greet" if tap or state.get("signal") or not said or (credential and plain) else "understand"


def tapped(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """By the open question and the tapped verb; a tap of another moment has no effect."""
    tap = state.get("tap") or Tap(verb="")
    if tap.nonce and tap.nonce == state.get("nonce"):
        found = IN_TIME.get((phase_of(state), tap.verb))
        if found:
            return found
    return ANYTIME.get(tap.verb, "excuse_stale")


def greeted(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """Before verification: an address, a code, or the few things anybody may ask for."""
    said, wish, tap = state.get("said", ""), state.get("wish"), state.get("tap")
    intent = wish.intent if wish else ""
    if tap and (tap.verb == "person" or (tap.verb in BEFORE_IDENTITY and state.get("email"))):
        return BEFORE_IDENTITY[tap.verb]
    if phase_of(state) == "locked" and intent not in ("person", "erase_data"):
        return "offer_person"
    if find_email(said) or mend_email(state.get("email", ""), said):
        return "send_code"
    if find_code(said):
        return "check_code"
    if intent == "resend_code" and state.get("email"):
        return "send_code"
    known = {"person": "hand_off", "erase_data": "erase_data", "logout": "end_session", "change_email": "ask_email"}
    return known.get(intent) or ("remind_code" if phase_of(state) == "code" else "ask_email")


def checked(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """After a code: in, or out."""
    return "welcome" if state.get("checked") == "right" else END


def welcomed(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """What they asked before is taken up now."""
    return "understand" if state.get("said") else END


def heard(state: State, runtime: Turn) -> str:
    """After the engine has understood: calm first, identity before anything private."""
    wish = state.get("wish")
    if who(state, runtime) is None:
        return "greet"
    if asked_language(state.get("said", "")):
        return "switch_language"
    if state.get("angry") and wish and wish.intent != "person":
        return "calm"
    return "follow_wish"


def taken_back(state: State, runtime: Turn) -> str:
    """They only wanted the assistant, or to leave a request: as whoever they are proven to be."""
    tap = state.get("tap")
    if tap is None or tap.verb != "leave":
        return END
    return "start_request" if who(state, runtime) else "ask_email"


def calmed(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """Somebody who only vents chooses how to go on."""
    return "follow_wish" if state.get("wish") else END


def understood(state: State, runtime: Turn) -> str:
    """By what is open, then by what is wanted."""
    wish, phase = state.get("wish"), phase_of(state)
    intent = wish.intent if wish else "unclear"
    if form_open(state):
        return in_form(state, intent)
    joins = joining(state, runtime)
    if joins == "join":
        return "join_topic"
    answered = _about_request(state, phase, intent) or _answering(state, phase, intent)
    if answered:
        return answered
    if joins == "ask":
        return "ask_topic"
    if intent in ("cancel", "back") and (
        phase in ("describe", "category", "similar", "proposing", "next") or state.get("draft")
    ):
        return "drop_request"
    return _by_phase(state, phase, intent)


def _about_request(state: State, phase: str, intent: str) -> str:
    """What was asked about a request of theirs: whether words are for it, or why it was rated low."""
    wish, slots, said = state.get("wish"), state.get("slots", {}), state.get("said", "")
    if phase == "comment_check" and slots.get("wish") and intent == "no":
        return "pass_topic"
    chooses = wish and wish.number and wish.number in said and len(said.split()) <= NAMING
    if phase == "comment_check" and "wish" in slots and chooses:  # a request of the list that was shown
        return "add_comment"
    if phase == "rating_why" and intent in (*MATTERS, "unclear", "no", "cancel", "comment", "thanks"):
        return "explain_rating"
    return ""


def _answering(state: State, phase: str, intent: str) -> str:
    """A yes or a no to what was asked; another matter at an outage is a no to it."""
    if intent == "no" and phase == "answered" and NOT_ASKED.search(state.get("said", "")):
        return "misread"
    if phase == "outage" and intent in (*MATTERS, "unclear"):
        asked = int(state.get("slots", {}).get("asked", 0))
        return "offer_outage" if intent == "unclear" and asked < ASKED_TWICE else "pass_outage"
    if phase == "category" and intent == "yes" and state.get("slots", {}).get("stuck"):
        return "hand_off"
    if intent == "no" and phase in ("answered", "proposing", "offered") and THANKING.search(state.get("said", "")):
        return "chat"
    return {"yes": ON_YES, "no": ON_NO}.get(intent, {}).get(phase, "")


def _by_phase(state: State, phase: str, intent: str) -> str:
    leaves_it = intent in ("person", "logout", "erase_data", "cancel", "no", "back") or (
        phase == "category" and intent == "comment" and COMMENTING.search(state.get("said", "")) is not None
    )
    wish = state.get("wish")
    if HANDLING.search(state.get("said", "")) and (phase == "status" or (wish and wish.number)):
        return "show_status"
    if phase == "commenting" and not leaves_it:
        return "write_comment"
    if phase == "rewriting" and not leaves_it and state.get("draft"):
        return "rewrite_description"
    asks = phase == "category" and intent == "ask" and QUESTION.search(state.get("said", ""))
    if phase in ("describe", "category") and not leaves_it and not asks and intent not in (*ASIDE, "status"):
        return "start_request"
    if phase == "answered" and intent == "thanks":
        return "settle_answer"
    return BY_INTENT.get(intent, "chat")


def searched(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """By the band: answer, offer, look outside when it is of work; a known outage before all."""
    if phase_of(state) == "outage":
        return "offer_outage"
    found = state.get("retrieval")
    band = found.band if found and found.passages else "none"
    outside = "look_outside" if is_of_work(asked_of(state), language_of(state)) else "propose_request"
    return {"answer": "answer", "offer": "offer_articles"}.get(band, outside)


def opened(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """An article that is gone cannot be answered from."""
    found = state.get("retrieval")
    return "answer" if found and found.passages else "propose_request"


def answered(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """An engine that found no answer in its sources leaves the titles to be offered."""
    if state.get("verdict") == "not_in_sources":
        found: Retrieval | None = state.get("retrieval")
        return "offer_articles" if found and found.passages else "propose_request"
    return "wind_up"


def looked(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """Something was found outside, or nothing anywhere."""
    return "answer_outside" if state.get("outside") else "propose_request"


def answered_outside(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """The same honesty for sources outside."""
    return "propose_request" if state.get("verdict") == "not_in_sources" else "wind_up"


def started(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """A draft with its category goes on; an outage or a question waits."""
    if phase_of(state) == "outage":
        return "offer_outage"
    return "find_similar" if form_open(state) else END


def passed(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """Not that outage: a question is searched, a request begun."""
    wish = state.get("wish")
    return "search" if wish and wish.intent == "ask" else "start_request"


def topic_passed(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """Words are taken up; a lone file waits for some."""
    return "take_next" if state.get("apart") else END


def taken(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """A wish that waited goes where it would have gone."""
    wish = state.get("wish")
    return BY_INTENT.get(wish.intent if wish else "", "start_request")


def wound_up(state: State, runtime: Turn) -> str:  # noqa: ARG001 every route has the same shape
    """The end, unless a form waits or a second wish does."""
    if form_open(state):
        return "resume_form"
    if state.get("later") and phase_of(state) in ("idle", "answered"):
        quick = state["later"][0]["intent"] in ("status", "person") or (
            state["later"][0]["intent"] == "ask" and state.get("calls", 0) < 2
        )
        return "take_next" if quick else "propose_next"
    return END
