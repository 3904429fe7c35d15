"""Begin a request from what they came with: a known outage first, then its category, else ask what it is about."""

from collections.abc import Sequence
from typing import Any

from graph.asked import unhelped
from graph.choices import Option
from graph.forms import DESCRIPTION, FILES, in_words, title_of
from graph.language.offline.choices import answer_choice
from graph.language.offline.folding import fold_in_place
from graph.matters import SURE, leaves, outage_for, ranked, sure_of
from graph.speech import question, words
from graph.state import State, Turn, Update, language_of, phase_of, who
from tools.service_desk import Category, Field, FieldOption

TOP = 3
PATIENCE = 3


async def start_request(state: State, runtime: Turn) -> Update:
    """Open the draft when the category is clear; ask otherwise. What was shown before has not helped."""
    return await _start(state, runtime) | {"effects": unhelped(state, runtime)}


async def _start(state: State, runtime: Turn) -> Update:
    allowed = leaves(await runtime.context.desk.catalogue(), who(state, runtime))
    chosen = _named(state, allowed)
    if chosen:
        matter = state["matter"]
        return {"draft": new_draft(chosen, matter), "phase": "field", "slots": {}}
    matter = _matter(state)
    if not matter.get("words"):
        return {"matter": matter} | question(state, runtime, "describe", words(state, "ask_matter"))
    outage = outage_for(matter, await runtime.context.desk.outages(), state.get("outages", []), asking=False)
    if outage:
        return {"matter": matter, "slots": {"outage": outage.id}, "phase": "outage"}
    candidates = ranked(matter, allowed)
    category = sure_of(candidates)
    if category:
        return {"matter": matter, "draft": new_draft(category, matter), "phase": "field", "slots": {}}
    return {"matter": matter} | _ask_category(state, runtime, [c for c, _ in candidates[:TOP]], len(allowed))


def _named(state: State, allowed: Sequence[Category]) -> Category | None:
    """Find the category of the shown ones that they name or count out ("o primeiro") instead of tapping."""
    shown = [c for i in state.get("slots", {}).get("shown", ()) for c in allowed if c.id == i]
    if phase_of(state) != "category" or not shown or not state.get("matter", {}).get("words"):
        return None
    options = tuple(FieldOption(id=c.id, label=c.name) for c in shown)
    asked = Field(id="category", type="choice", label=shown[0].name, question=shown[0].name, options=options)
    picked = answer_choice(asked, fold_in_place(state.get("said", "")))
    return next((c for c in shown if picked and c.id == picked.option_id), None)


def _matter(state: State) -> dict[str, Any]:
    """What they said now counts when we had just asked for it."""
    matter = dict(state.get("matter", {}))
    if phase_of(state) in ("describe", "category") and state.get("said"):
        before = matter.get("words", "")
        wish = state.get("wish")
        names_a_category = before and len(state["said"].split()) < 3
        if state["said"] not in before and not names_a_category and not (wish and wish.intent == "unclear"):
            matter["words"] = "\n".join(filter(None, (before, state["said"])))
        known = max((score for _, score in matter.get("categories", [])), default=0.0)
        if wish and wish.categories and wish.categories[0].score >= min(known, SURE):
            matter["categories"] = [[scored.id, scored.score] for scored in wish.categories[:5]]
    matter["files"] = list(dict.fromkeys([*matter.get("files", []), *state.get("files", ())]))[:FILES]
    return matter


def new_draft(category: Category, matter: dict[str, Any]) -> dict[str, Any]:
    """Begin a draft in plain types; `asked` is the way back."""
    return {
        "category": category.id,
        "title": title_of(matter.get("query") or matter["words"]),
        "description": matter["words"][:DESCRIPTION],
        "values": {},
        "evidence": {},
        "files": list(matter.get("files", [])),
        "question": matter.get("asked"),
        "asked": [],
        "fresh": True,
    }


def _ask_category(state: State, runtime: Turn, candidates: list[Category], count: int) -> Update:
    """Show the nearest three and the way to all of them; after three tries, a person."""
    language = language_of(state)
    tries = int(state.get("slots", {}).get("tries", 0)) + 1 if phase_of(state) == "category" else 1
    options = [
        Option("category", c.id, in_words(c.name, language), in_words(c.description, language)) for c in candidates
    ]
    if count > len(options):
        options.append(Option("more", "0", words(state, "row_other_matter"), words(state, "row_all_categories")))
    key = "ask_category" if options and tries < PATIENCE else "no_category"
    if key == "no_category":
        options = [*options[:TOP], Option("person", "", words(state, "button_person"))]
    shown = [option.arg for option in options if option.verb == "category"]
    slots = {"tries": tries, "shown": shown, "stuck": "needed" if key == "no_category" else ""}
    return question(state, runtime, "category", words(state, key), options, slots=slots)
