"""Whether words that quote nothing belong to an open request: to what was said last, or to what awaits an answer."""

import re
from typing import Literal

from graph.matters import CLEAR, QUESTION, SURE, names_nothing
from graph.state import State, Turn, phase_of

Joining = Literal["", "join", "ask"]
FOR_AN_ANSWER = frozenset({"yes", "no", "comment", "unclear", "correct", "back"})
MATTERS = frozenset({"ask", "request", "off_topic"})  # out of its context an answer may seem to be of nothing here
LIKELY = 0.45  # below, an engine read no wish: the words only tell something
BRIEF = 6  # words: what an answer to a question mostly has
FEW = 14  # words: what is longer tells a story of its own
OPENING = re.compile(
    r"\b(?:abr[aei]\w*|open|cri[ae]r?|crear?|crea|nov[oa]|nuev[oa]|another|new|outr[oa]|otr[oa])\b", re.IGNORECASE
)
"""Words that want another request than the one spoken of."""
TROUBLE = re.compile(
    r"\b(?:n[ãa]o|not|\w+n't|no (?:\w+ )?(?:funciona|anda|puedo|sirve|abre|carga|imprime|enciende|prende|llega)"
    r"|nunca|nada|ca[iy]\w*|par(?:ou|[óo])|quebr\w+|erros?|errors?|falh\w+|fall\w+|trav\w+|broke\w*|stop\w*"
    r"|fail\w*|perd\w+|roub\w+|rob\w+|lost|stolen|preciso|quero|necesito|quiero|need|want)\b",
    re.IGNORECASE,
)
"""Words that may begin another matter, however few they are."""
GOING_ON = re.compile(
    r"\b(?:de novo|de nuevo|otra vez|outra vez|again|ainda|todav[ií]a|still|sigue|continua|contin[uú]a|"
    r"\d+[ªºa°]? ?(?:vez|veces|vezes|time)|(?:segunda|terceira|tercera|quarta|cuarta|second|third) (?:vez|time)|"
    r"tamb[eé]m|tambi[eé]n|also|esqueci|olvid[eé]|forgot|j[aá]|ya|already|voltou|volvi[oó])\b",
    re.IGNORECASE,
)
"""Words that go on with something already told."""


def joining(state: State, runtime: Turn) -> Joining:
    """Say whether the words join a request at once, are asked about, or have nothing to do with one."""
    wish, topic = state.get("wish"), runtime.context.topic
    if wish is None or wish.number or state.get("tap") or state.get("apart") or phase_of(state) == "rating":
        return ""
    if topic is None:
        lost = wish.intent == "unclear" and phase_of(state) == "idle" and state.get("confused", 0) < 2
        return "ask" if lost and runtime.context.awaited else ""
    if wish.intent == "off_topic" and not GOING_ON.search(state["said"]):
        return ""
    best = wish.categories[0] if wish.categories else None
    score = best.score if best else 0.0
    elsewhere = best is not None and best.id != topic.category_id
    if topic.asked:
        if wish.intent in MATTERS and wish.confidence < LIKELY and _only_tells(state["said"]):
            return "join"
        return _to_an_agent(state, wish.intent, score, elsewhere=elsewhere)
    told_on = wish.intent in MATTERS and not QUESTION.search(state["said"]) and _few(state)
    return "ask" if told_on and GOING_ON.search(state["said"]) and not (elsewhere and score >= SURE) else ""


def _to_an_agent(state: State, intent: str, score: float, *, elsewhere: bool) -> Joining:
    """An agent spoke last: short words are the answer, another clear matter is not, the rest is asked about."""
    said = state["said"]
    if intent in FOR_AN_ANSWER:
        return "join"
    if intent not in MATTERS or OPENING.search(said):
        return ""
    if elsewhere and score >= (CLEAR if QUESTION.search(said) else SURE):
        return ""
    if QUESTION.search(said) or not _few(state) or (elsewhere and score >= CLEAR):
        return "ask"
    return "join" if score < CLEAR or not elsewhere or names_nothing(said) else "ask"


def _only_tells(said: str) -> bool:
    """Say whether these few words ("tô na sala 204") tell something and want nothing."""
    return len(said.split()) <= BRIEF and not any(pattern.search(said) for pattern in (QUESTION, OPENING, TROUBLE))


def _few(state: State) -> bool:
    return len(state["said"].split()) <= FEW


def file_joins(state: State, runtime: Turn) -> Joining:
    """A photo, document or voice note without words: the answer to an agent, else asked about."""
    topic = runtime.context.topic
    if topic is None or phase_of(state) in ("describe", "commenting", "rewriting", "category"):
        return ""
    return "join" if topic.asked else "ask"
