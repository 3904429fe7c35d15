"""The question being dealt with: what became of it is noted under one key, up to the request it ends in."""

from typing import Any, Literal

from graph.choices import moment
from graph.state import State, Turn, Update, form_open, phase_of, who
from tools.effects import AnswerOutcome

LONGEST = 500  # characters of a question that are kept
SHOWN = 10  # articles of one question
UNSETTLED = frozenset({"answered", "offered"})  # phases in which what was shown has neither helped nor failed yet

Outcome = Literal["answered", "offered", "outside", "nothing", "resolved", "not_resolved", "request"]


def note(  # noqa: PLR0913 -- what an outcome is made of
    state: State, runtime: Turn, words: str, outcome: Outcome, *, articles: tuple[str, ...] = (), probability: float = 0
) -> Update:
    """Note what a search came to; outside a form the matter remembers it as the question it is about."""
    asked = _open(state) or _fresh(state, runtime, words)
    asked = asked | {"articles": list(articles[:SHOWN]) or asked.get("articles", [])}
    effect = outcome_of(state, runtime, asked, outcome, probability=probability)
    kept = {} if form_open(state) else {"matter": {**state.get("matter", {}), "asked": asked}}
    return {"effects": (effect,), **kept}


def helped(state: State, runtime: Turn) -> tuple[AnswerOutcome, ...]:
    """Note that it did; an answer that was not noted before (of another house) is a question by itself."""
    words = str(state.get("matter", {}).get("query", ""))
    asked = _open(state) or _fresh(state, runtime, words)
    if not asked.get("articles") and state.get("slots", {}).get("article"):
        asked = asked | {"articles": [str(state["slots"]["article"])]}
    return (outcome_of(state, runtime, asked, "resolved"),)


def unhelped(state: State, runtime: Turn) -> tuple[AnswerOutcome, ...]:
    """Note that what was shown did not help, when they turn from it to a request or a person."""
    asked = _open(state)
    if not asked or phase_of(state) not in UNSETTLED:
        return ()
    return (outcome_of(state, runtime, asked, "not_resolved"),)


def became(state: State, runtime: Turn, reference: str) -> tuple[AnswerOutcome, ...]:
    """Note which request the draft's question ended in; a request nobody searched for is a question by itself."""
    draft = state.get("draft", {})
    asked = draft.get("question") or {"key": reference, "words": str(draft.get("description", ""))}
    return (outcome_of(state, runtime, asked, "request", reference=reference),)


def outcome_of(  # noqa: PLR0913 -- what an outcome is made of
    state: State,
    runtime: Turn,
    asked: dict[str, Any],
    outcome: Outcome,
    *,
    probability: float = 0,
    reference: str = "",
) -> AnswerOutcome:
    """Make the effect that the app keeps for the knowledge manager."""
    employee, articles = who(state, runtime), tuple(asked.get("articles", ()))
    return AnswerOutcome(
        question=str(asked["words"])[:LONGEST],
        key=str(asked["key"]),
        article_id=articles[0] if articles else "",
        articles=articles,
        outcome=outcome,
        probability=min(max(probability, 0.0), 1.0),
        groups=employee.groups if employee else (),
        reference=reference,
    )


def _fresh(state: State, runtime: Turn, words: str) -> dict[str, Any]:
    """A question asked in this turn; the key is the same when the turn is run again."""
    key = moment(runtime.context.conversation_id, state.get("turn", 0), words)
    return {"key": key, "words": words[:LONGEST], "articles": []}


def _open(state: State) -> dict[str, Any] | None:
    """The question that the matter is about; in a form the matter is the request's, and a question stands alone."""
    asked: dict[str, Any] | None = None if form_open(state) else state.get("matter", {}).get("asked")
    return asked
