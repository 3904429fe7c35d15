"""Which option of a list the words mean."""

# ruff: noqa: E501 - a rule reads best on one line

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from graph.language.offline.folding import Folded, fold
from tools.service_desk import Field

NEAR = 87  # rapidfuzz WRatio that counts as the same: one letter of eight may be another
GAP = 5  # to the second best option
_ORDINALS = (
    "primeir[ao]|primer[ao]?|first", "segund[ao]|second", "terceir[ao]|tercer[ao]?|third", "quart[ao]|cuart[ao]|fourth",
    "quint[ao]|fifth", "sext[ao]|sixth", "setim[ao]|septim[ao]|seventh", "oitav[ao]|octav[ao]|eighth", "non[ao]|noven[ao]|ninth",
    "decim[ao]|tenth",
)  # fmt: skip
_POSITION = re.compile(
    r"^\s*(?:(?:a |o |la |el |the )?(?:opcao|opcion|option|numero|number|n[ºo.]?|item)\s*)?#?(\d{1,2})\s*(?:[.)ºª°]|a|o)?\s*[.!]*\s*$"
)
_ORDINAL = re.compile(
    r"^\s*(?:pode ser |quero |es |e )?(?:a |o |la |el |the )?(?:" + "|".join(f"({names})" for names in _ORDINALS) +
    r"|(ultim[ao]|last))(?: opcao| opcion| option| one)?\s*[.!]*\s*$"
)  # fmt: skip
_DENIED = re.compile(r"\b(?:nao|no|not|n)\s+(?:(?:e|es|era|em|en|in|at|no|na|o|a|el|la|the|de)\s+){0,2}$")
_SEPARATOR = re.compile(r"\s*(?:[,;/\n+&]|\b(?:e|y|and|mais|mas|plus)\b)\s*")
_ALL = re.compile(
    r"^\s*(?:(?:todos|todas)(?: eles| elas| ellos| ellas)?|tudo|todo|all|all of them|everything|ambos|ambas|both|os dois|as duas|los dos|las dos)\s*[.!]*\s*$"
)


@dataclass(frozen=True, slots=True)
class Picked:
    """An option and the letters `start:end` of the folded text that name it."""

    option_id: str
    start: int
    end: int
    confidence: float


def answer_choice(field: Field, folded: Folded) -> Picked | None:
    """The option meant by an answer to the question: named, nearly named, or by its place in the list."""
    named = _one(named_options(field, folded))
    return named or _position(field, folded) or _nearest(field, folded.text, 0, len(folded.text))


def answer_choices(field: Field, folded: Folded) -> list[Picked]:
    """All options that an answer names; "todos" is all of them."""
    if _ALL.match(folded.text):
        return [Picked(option.id, 0, len(folded.text), 0.95) for option in field.options]
    found = {picked.option_id: picked for picked in named_options(field, folded)}
    start = 0
    for stop in [*_SEPARATOR.finditer(folded.text), None]:
        end = stop.start() if stop else len(folded.text)
        piece = Folded(folded.source, folded.text[start:end], folded.offsets[start:end])
        near = _position(field, piece) or (_nearest(field, piece.text, 0, len(piece.text)) if not found else None)
        if near and near.option_id not in found:
            found[near.option_id] = Picked(near.option_id, start + near.start, start + near.end, near.confidence)
        start = stop.end() if stop else end
    order = [option.id for option in field.options]
    return sorted(found.values(), key=lambda picked: order.index(picked.option_id))


def named_options(field: Field, folded: Folded) -> list[Picked]:
    """Options whose label or synonym stands in the text as whole words; a longer name hides the shorter inside it."""
    hits: list[Picked] = []
    for option in field.options:
        for name in {fold(said).strip() for said in (*option.label.values(), *option.synonyms)}:
            if name:
                spelled = r"[\s_-]+".join(map(re.escape, name.split()))
                rule = re.compile(rf"(?<!\w){spelled}(?:s|es)?(?!\w)")
                hits += [Picked(option.id, hit.start(), hit.end(), 0.95) for hit in rule.finditer(folded.text)]
    hits.sort(key=lambda hit: (hit.start - hit.end, hit.start))
    kept: list[Picked] = []
    for hit in hits:
        if not any(
            other.start <= hit.start and hit.end <= other.end and other.option_id != hit.option_id for other in kept
        ):
            kept.append(hit)
    return kept


def only_option(field: Field, folded: Folded) -> Picked | None:
    """The one option named in words that were not an answer; None when two are, and neither is denied."""
    named = named_options(field, folded)
    return _one(named) or _one([hit for hit in named if not _DENIED.search(folded.text[: hit.start])])


def _one(picked: Sequence[Picked]) -> Picked | None:
    return picked[0] if len({hit.option_id for hit in picked}) == 1 else None


def _position(field: Field, folded: Folded) -> Picked | None:
    place = 0
    if number := _POSITION.match(folded.text):
        place = int(number[1])
    elif ordinal := _ORDINAL.match(folded.text):
        names = ordinal.groups()
        place = len(field.options) if names[-1] else next(n for n, name in enumerate(names, 1) if name)
    if not 1 <= place <= len(field.options):
        return None
    start = len(folded.text) - len(folded.text.lstrip())
    return Picked(field.options[place - 1].id, start, len(folded.text.rstrip()), 0.9)


def _nearest(field: Field, text: str, start: int, end: int) -> Picked | None:
    """A label or synonym that the whole answer nearly spells."""
    if len(text.strip()) < 3 or len(text) > 200:
        return None
    scores: dict[str, float] = {}
    for option in field.options:
        names = [fold(said) for said in (*option.label.values(), *option.synonyms)]
        scores[option.id] = max((fuzz.WRatio(text, name) for name in names if len(name) >= 3), default=0.0)
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    if not ranked or ranked[0][1] < NEAR or (len(ranked) > 1 and ranked[0][1] - ranked[1][1] < GAP):
        return None
    lead = len(text) - len(text.lstrip())
    return Picked(ranked[0][0], start + lead, min(end, len(text.rstrip())), round(ranked[0][1] / 100, 2))
