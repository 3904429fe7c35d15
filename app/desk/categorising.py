"""How a sentence would be categorised, and which of its words decided: each is left out once to see what it adds."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from graph.language.port import Hearing, LanguageEngine, Scored, Understanding
from graph.matters import CLEAR, LEAD, SURE
from retrieval.passage import Language
from tools.service_desk import Category, Employee

MOST_WORDS = 30  # left out one by one
LONGEST = 500  # characters of a sentence
WORD = re.compile(r"\w[\w'’-]*")  # noqa: RUF001 -- people type it
SHOWN = 5  # candidates


@dataclass(frozen=True, slots=True)
class Weight:
    """A word, and by how much the first category is likelier with it than without."""

    word: str
    adds: float


@dataclass(frozen=True, slots=True)
class Categorised:
    """What the chat would make of it. `outcome`: opens the form at once, asks which, or finds none."""

    understanding: Understanding
    candidates: tuple[Scored, ...]
    words: tuple[Weight, ...]
    outcome: str  # opens, asks, none

    @property
    def none(self) -> float:
        """How likely it is that no category applies."""
        return max(0.0, 1.0 - sum(scored.score for scored in self.candidates))


async def categorise(
    engine: LanguageEngine, sentence: str, categories: Sequence[Category], language: Language, now: datetime
) -> Categorised:
    """Understand a sentence as the first message of somebody who may ask for everything."""
    groups = tuple({group for category in categories for group in category.groups})
    employee = Employee(id="try", name="", email="", language=language, groups=groups)

    async def understand(text: str) -> Understanding:
        heard = Hearing(text=text, language=language, categories=tuple(categories), employee=employee, now=now)
        return await engine.understand(heard)

    understanding = await understand(sentence)
    candidates = _candidates(understanding)
    weights: list[Weight] = []
    if candidates:
        first = candidates[0]
        for found in list(WORD.finditer(sentence))[:MOST_WORDS]:
            without = (sentence[: found.start()] + sentence[found.end() :]).strip()
            left = {scored.id: scored.score for scored in _candidates(await understand(without))} if without else {}
            weights.append(Weight(found.group(), first.score - left.get(first.id, 0.0)))
    return Categorised(understanding, candidates, tuple(weights), _outcome(candidates))


def _candidates(understanding: Understanding) -> tuple[Scored, ...]:
    return next((wish.categories for wish in understanding.wishes if wish.categories), ())


def _outcome(candidates: Sequence[Scored]) -> str:
    if not candidates:
        return "none"
    best, following = candidates[0].score, candidates[1].score if len(candidates) > 1 else 0.0
    return "opens" if best >= SURE or (best >= CLEAR and best - following >= LEAD) else "asks"
