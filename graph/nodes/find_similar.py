"""See whether they already have an open request about the same thing."""

# ruff: noqa: SIM905 - a word list reads best as words

from rapidfuzz import fuzz

from graph.choices import Option, cut
from graph.language.offline.clauses import content
from graph.speech import question, words
from graph.state import State, Turn, Update, who

ALIKE, ALIKE_IN_CATEGORY = 0.8, 0.5  # share of the shorter title's telling words that the other has too
SAME_WORD = 85  # rapidfuzz ratio
TELLS_NOTHING = frozenset(
    "novo nova nuevo nueva new problema problem erro error funciona funcionando parou quebrou quebrado quebrada abre "
    "abrir roto rota broken works working work acesso acceso access sistema system veio vem deu dando".split()
)
"""Words that many requests share whatever they are about."""

ENDED = frozenset({"solved", "closed", "cancelled"})


async def find_similar(state: State, runtime: Turn) -> Update:
    """Offer to comment on it; the draft waits."""
    employee, draft = who(state, runtime), state["draft"]
    if employee is None:
        return {}
    for request in await runtime.context.desk.requests_of(employee.id):
        needed = ALIKE_IN_CATEGORY if request.category_id == draft["category"] else ALIKE
        if request.status in ENDED or alike(request.title, draft["title"]) < needed:
            continue
        options = [
            Option("join", request.number, words(state, "button_join")),
            Option("open", "", words(state, "button_open_new")),
            Option("cancel", "", words(state, "button_cancel")),
        ]
        body = words(state, "similar", number=request.number, title=cut(request.title, 200))
        return question(state, runtime, "similar", body, options, slots={"number": request.number})
    return {}


def alike(one: str, other: str) -> float:
    """The share of telling words that two titles have in common, of the one that has fewer; 0 to 1."""
    left, right = (set(content(title)) - TELLS_NOTHING for title in (one, other))
    fewer, more = sorted((left, right), key=len)
    met = sum(any(fuzz.ratio(word, other) >= SAME_WORD for other in more) for word in fewer)
    return met / len(fewer) if fewer else 0.0
