"""Intent, category, fields and language of an utterance beside what they should be."""

from typing import Any

from eval.cases.understanding import NO_CATEGORY, UnderstandingCase
from eval.hearing import Heard
from eval.record import Score
from graph.matters import CLEAR


def scores(case: UnderstandingCase, heard: Heard) -> tuple[Score, ...]:
    """One score for each thing the case judges."""
    told = []
    if case.intent:
        told.append(_one_of("intent", heard.intent, case.intent, heard.understood.wishes[0].confidence))
    if case.category:
        told.append(_category(case, heard))
    if case.fields is not None:
        told.append(_fields(case.fields, heard))
    if case.language is not None:
        told.append(_one_of("language", heard.understood.language, (case.language,), 1.0))
    if case.number is not None:
        told.append(_one_of("number", heard.understood.wishes[0].number, (case.number,), 1.0))
    return tuple(told)


def _one_of(scorer: str, found: str, wanted: tuple[str, ...], confidence: float) -> Score:
    right = found in wanted
    details = () if right else (f"{scorer} is {found or 'nothing'}, not {' or '.join(wanted)}",)
    facts = {"found": found, "wanted": list(wanted), "confidence": confidence}
    return Score(scorer=scorer, passed=right, value=float(right), details=details, facts=facts)


def _category(case: UnderstandingCase, heard: Heard) -> Score:
    ranked = [name for name, _ in heard.categories]
    best = heard.categories[0][1] if heard.categories else 0.0
    found = ranked[0] if ranked and best >= CLEAR else NO_CATEGORY
    none = case.category == (NO_CATEGORY,)
    right = found == NO_CATEGORY if none else bool(ranked) and ranked[0] in case.category
    in_three = (none and right) or any(name in case.category for name in ranked[:3])
    details = (
        ()
        if right
        else (f"category is {ranked[0] if ranked else 'none'} ({best:.2f}), not {' or '.join(case.category)}",)
    )
    facts = {"found": found, "best": ranked[0] if ranked else "", "wanted": list(case.category), "confidence": best}
    return Score(
        scorer="category", passed=right, value=float(right), details=details, facts=facts | {"in_three": in_three}
    )


def _fields(wanted: dict[str, Any], heard: Heard) -> Score:
    found = heard.values
    right = {name for name, value in wanted.items() if _same(found.get(name), value)}
    details = [f"field {name} is {found.get(name)!r}, not {wanted[name]!r}" for name in wanted if name not in right]
    details += [f"field {name} was filled with {found[name]!r}" for name in found if name not in wanted]
    facts = {
        "right": sorted(right),
        "wrong": sorted(name for name in found if name not in right),
        "missed": sorted(name for name in wanted if name not in right),
        "types": {name: heard.types.get(name, "") for name in wanted.keys() | found.keys()},
    }
    return Score(scorer="fields", passed=not details, value=float(not details), details=tuple(details), facts=facts)


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(found, str) and isinstance(wanted, str):
        return found.casefold().strip() == wanted.casefold().strip()
    if isinstance(found, list | tuple) and isinstance(wanted, list | tuple):
        return sorted(map(str, found)) == sorted(map(str, wanted))
    if isinstance(found, bool) or isinstance(wanted, bool):
        return found is wanted
    if isinstance(found, int | float) and isinstance(wanted, int | float):
        return abs(float(found) - float(wanted)) < 1e-9
    return bool(found == wanted)
