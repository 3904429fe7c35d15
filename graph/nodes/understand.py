"""Ask the engine what the words want; several wishes are put in an order that serves them all."""

import re
from typing import Any

from graph.credentials import find_code, words_beside
from graph.forms import field_of
from graph.language.port import Intent, Understanding, Wish
from graph.matters import ASKED_TWICE, CLEAR, QUESTION, SURE, WORDS, leaves, matter_of, names_nothing, plain_wish
from graph.state import State, Turn, Update, form_open, hearing, phase_of, who
from tools.service_desk import Category, Field

FIRST: tuple[Intent, ...] = ("cancel", "person", "logout", "erase_data", "status")
WRAPPING = 4  # words beside a code that say nothing else
FEW = 5  # words that may belong to what was said before
PLAIN = 0.8  # a no that is said as one, and not guessed from "não funciona nada"
KEPT, LIKELY, HEARD = 3, 0.55, 0.4  # how clear a lone wish must be, and one beside another
NEEDED: frozenset[Intent] = frozenset({"ask", "request", "status", "comment", "person"})
POINTED_AT = frozenset({"answered", "offered", "proposing", "outage", "category", "describe"})
SAYING_NOTHING: dict[str, Intent] = {"idle": "request", "answered": "no"}  # what "não funciona" is, by what is open
MATTERS: frozenset[Intent] = frozenset({"ask", "request"})
TYPING = frozenset({"describe", "category", "commenting", "rewriting", "rating"})  # any words are for these
GOING_ON = re.compile(
    r"^\W*(?:e|y|and|but|mas|pero|what about|how about)\W+(?:se|si|if|no|na|nos|nas|em|en|on|in|for|para|pra|pelo|pela"
    r"|por|com|con|with|quando|cuando|when|from|do|da|del|desde)\b.*\?\W*$",
    re.IGNORECASE,
)
"""A question that leans on the one before it."""
A_CODE = re.compile(r"\bc[oó]d(?:igo|e)\b", re.IGNORECASE)
CANCELLING = re.compile(
    r"\b(?:cancel|anul)\w*\W+(?:o|a|meu|minha|esse|essa|este|esta|el|la|mi|ese|esa|my|the|this|that)\W+"
    r"(?:chamado|ticket|solicitaç[ãa]o|solicitud|request|case|caso)\b",
    re.IGNORECASE,
)


async def understand(state: State, runtime: Turn) -> Update:
    """Understand the turn's words; the first wish is for now, the others are for later."""
    catalogue = await runtime.context.desk.catalogue()
    allowed = leaves(catalogue, who(state, runtime))
    asked = _asked(state, allowed)
    heard = await runtime.context.engine.understand(
        hearing(state, runtime, state["said"], categories=allowed, asked=asked)
    )
    first, *others = _in_order(heard)
    first = _guessed(state, first)
    confused = state.get("confused", 0) + 1 if first.intent == "unclear" and not form_open(state) else 0
    return {
        "wish": first,
        "intents": tuple(wish.intent for wish in heard.wishes),
        "language": heard.language,
        "language_evidence": heard.language_evidence,
        "angry": heard.angry,
        "engine": heard.engine,
        "calls": state.get("calls", 0) + 1,
        "confused": confused,
        **_kept(state, runtime, first, others),
    }


def _asked(state: State, allowed: tuple[Category, ...]) -> Field | None:
    if phase_of(state) != "field":
        return None
    category = next((c for c in allowed if c.id == state["draft"]["category"]), None)
    return field_of(category, state["slots"].get("field", "")) if category else None


def _in_order(heard: Understanding) -> list[Wish]:
    """What is quick goes first, a request last: it asks back."""
    likely = [w for n, w in enumerate(heard.wishes[:KEPT]) if n == 0 or (w.confidence >= HEARD and w.intent in NEEDED)]
    if len(likely) > 1:
        likely = [w for w in likely if w.intent in NEEDED] or likely[:1]
    return sorted(likely, key=lambda w: FIRST.index(w.intent) if w.intent in FIRST else 5 + (w.intent == "request"))


def _guessed(state: State, wish: Wish) -> Wish:
    """Read the wish by what is open: a correction of nothing asks, "não funciona" is no news after an answer."""
    intent: Intent = wish.intent
    if not form_open(state) and phase_of(state) not in TYPING:
        intent = _of_before(state["said"]) or intent
    complains = intent == "ask" or (intent == "no" and wish.confidence < PLAIN)
    if complains and names_nothing(state["said"]):
        intent = SAYING_NOTHING.get(phase_of(state), intent)
    elif _puzzling(state, wish):
        intent = "unclear"
    elif intent == "correct" and not form_open(state):
        intent = "ask" if _best(wish) >= CLEAR else "comment"  # of nothing known: of what was opened before
    elif _doubtful(state, wish):
        intent = "ask"
    query = wish.query or state["said"]
    return wish.model_copy(update={"intent": intent, "query": _with_context(state, wish, query)})


def _with_context(state: State, wish: Wish, query: str) -> str:
    """A few words that go on from a question ("e no celular?") are searched together with it.

    An engine that writes queries of its own has done so already.
    """
    before = str(state.get("matter", {}).get("query", ""))
    goes_on = wish.intent == "ask" and GOING_ON.match(state["said"]) and len(state["said"].split()) <= FEW
    if not goes_on or wish.words or not before or phase_of(state) not in POINTED_AT - TYPING:
        return query
    return f"{before} {query}"[:WORDS]


def _of_before(said: str) -> Intent | None:
    """What belongs to something already done: a code sent again, a request of theirs to be cancelled."""
    if find_code(said) and (words_beside(said) == 0 or (A_CODE.search(said) and words_beside(said) <= WRAPPING)):
        return "resend_code"
    return "status" if CANCELLING.search(said) else None


def _puzzling(state: State, wish: Wish) -> bool:
    """Words about nothing known, said once at an outage, answer nothing and ask nothing."""
    at_outage = phase_of(state) == "outage" and int(state.get("slots", {}).get("asked", 0)) < ASKED_TWICE
    return at_outage and wish.intent == "ask" and _best(wish) < CLEAR and not QUESTION.search(state["said"])


def _doubtful(state: State, wish: Wish) -> bool:
    """A doubtful yes, no or the like, with nothing asked and a clear category, is rather a question about that."""
    return phase_of(state) == "idle" and wish.intent not in NEEDED and wish.confidence < LIKELY and _best(wish) >= SURE


def _best(wish: Wish) -> float:
    return wish.categories[0].score if wish.categories else 0.0


def _kept(state: State, runtime: Turn, first: Wish, others: list[Wish]) -> Update:
    """Remember the matter, unless these words only point at the one already known."""
    if who(state, runtime) is None or form_open(state):
        return {}
    kept: dict[str, Any] = {}
    if others:
        kept["later"] = [*state.get("later", []), *map(_plain, others)][:KEPT]
    if first.intent == "request" and names_nothing(state["said"]):
        if phase_of(state) not in POINTED_AT:
            kept["matter"] = {"files": _files(state)}
    elif first.intent in MATTERS and phase_of(state) not in ("describe", "category"):
        words = (first.words or first.query) if others else state["said"]
        kept["matter"] = matter_of(first, words or state["said"], _files(state))
        if _adds(state, first):
            kept["matter"] = _added(state)
    return kept


def _adds(state: State, wish: Wish) -> bool:
    """Whether a few words about nothing of their own ("desde segunda") only tell more of what was just said."""
    few = len(state["said"].split()) <= FEW and "?" not in state["said"]
    return few and phase_of(state) in ("proposing", "offered") and wish.intent == "ask" and _best(wish) < CLEAR


def _added(state: State) -> dict[str, Any]:
    matter = state.get("matter", {})
    words = "\n".join(filter(None, (matter.get("words", ""), state["said"])))
    return {**matter, "words": words[:WORDS], "files": _files(state)}


def _files(state: State) -> list[str]:
    """Files sent just before the words belong to the same matter."""
    before = state.get("matter", {}).get("files", []) if phase_of(state) == "describe" else []
    return [*before, *state.get("files", ())]


def _plain(wish: Wish) -> dict[str, Any]:
    return plain_wish(wish, wish.words or wish.query)
