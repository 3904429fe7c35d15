"""Fill the form from what they wrote, with the words each value came from."""

import re
from typing import Any

from graph.forms import DESCRIPTION, VALUE, accepted, field_of, fits, is_free
from graph.language.offline.folding import canonical
from graph.language.offline.phrases import exact
from graph.language.port import FieldValue
from graph.speech import tell
from graph.state import State, Turn, Update, hearing, phase_of
from tools.service_desk import Field

TELLING = 2  # words
SUBJECT = frozenset({"ask", "request", "comment"})
ANSWERING = frozenset({"yes", "thanks", "greeting"})


async def fill_fields(state: State, runtime: Turn) -> Update:
    """Take what the words say for any field; in answer to a question, the asked field first."""
    draft = state["draft"]
    category = next((c for c in await runtime.context.desk.catalogue() if c.id == draft["category"]), None)
    if category is None:
        return {}
    text = draft["description"] if draft["fresh"] else state.get("said", "")
    asked = None if draft["fresh"] or _correcting(state) else field_of(category, state["slots"].get("field", ""))
    if not category.fields or not text:
        return _filled(state, {}, asked)
    given = await runtime.context.engine.fill(category.fields, hearing(state, runtime, text, asked=asked))
    found = accepted(category, given, text)
    if asked and asked.id not in found:
        found |= _as_written(asked, text, found)
    return {"calls": state.get("calls", 0) + 1} | _filled(state, found, asked)


def _correcting(state: State) -> bool:
    wish = state.get("wish")
    return phase_of(state) in ("summary", "correcting") or (wish is not None and wish.intent == "correct")


def _as_written(asked: Field, text: str, found: dict[str, FieldValue]) -> dict[str, FieldValue]:
    """A field of free words takes the words as they are, unless they were about another field."""
    value = text.strip()[:VALUE]
    if found or not is_free(asked) or not fits(asked, value):
        return {}
    return {asked.id: FieldValue(field_id=asked.id, value=value, evidence=value, confidence=1.0)}


def _filled(state: State, found: dict[str, FieldValue], asked: Field | None) -> Update:
    draft: dict[str, Any] = state["draft"]
    # Words that leave the question open but name another field are about that field, filled or not.
    overwrites = draft["fresh"] or _correcting(state) or (asked is not None and asked.id not in found)
    taken = {i: v for i, v in found.items() if overwrites or (asked and i == asked.id) or i not in draft["values"]}
    kept = {
        **draft,
        "fresh": False,
        "values": draft["values"] | {i: _plain(v.value) for i, v in taken.items()},
        "evidence": draft["evidence"] | {i: v.evidence[:VALUE] for i, v in taken.items()},
        "files": [*draft["files"], *(f for f in state.get("files", ()) if f not in draft["files"])][:10],
    }
    missed = not draft["fresh"] and not taken
    if missed and not _says_correct(state) and _tells(state):
        # Words that answer nothing but tell something are kept for whoever reads the request.
        kept["description"] = f"{draft['description']}\n{_without_yes(state['said'])}".strip()[:DESCRIPTION]
        missed = phase_of(state) != "summary"
    filled: Update = {"draft": kept, "unfilled": missed, "heard": tuple(taken.values())}
    if missed and state.get("files"):  # a picture with a caption is for the request, not an answer that failed
        return filled | tell(state, "file_in_form") | {"unfilled": False}
    return filled


def _tells(state: State) -> bool:
    """More than two words or a word with a number ("erro 539") may matter; at the summary whatever has a subject."""
    said, wish = state.get("said", ""), state.get("wish")
    if phase_of(state) == "summary" and wish and wish.intent in SUBJECT:
        return True
    return len(said.split()) > TELLING or bool(re.search(r"[^\W\d_]{3,}\W+\d|\d\W+[^\W\d_]{3,}", said))


def _without_yes(said: str) -> str:
    """Words sent together with a yes, without it: it answers the summary and tells nobody anything."""
    lines = said.splitlines()
    told = [line for line in lines if exact("pt-BR").get(canonical(line)) not in ANSWERING]
    return "\n".join(told or lines)


def _says_correct(state: State) -> bool:
    wish = state.get("wish")
    return wish is not None and wish.intent == "correct"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
