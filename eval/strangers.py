"""Real people's words made anybody's: the same name, address or number becomes the same made-up one every time."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from app.masking import mask
from graph.language.llm.masking import Mask
from retrieval.passage import Language

NAMES: dict[Language, str] = {"pt-BR": "Alex Moreira", "es": "Alex Romero", "en": "Alex Morgan"}
OTHERS = ("Rui Prado", "Lia Campos", "Noa Vidal", "Ivo Serra", "Mel Duarte", "Eli Soto", "Gil Rocha", "Uma Reyes")
DOMAIN = "empresa.example"
SHORTEST = 3  # letters of a name that is looked for; less is a word
PLACEHOLDER = re.compile(r"\b(EMAIL|PHONE|DOCUMENT|CARD|SECRET|NAME)_(\d+)\b")
INSTEAD: dict[str, Callable[[int], str]] = {
    "EMAIL": lambda number: f"colega{number}@{DOMAIN}",
    "PHONE": lambda number: f"+55 11 95555-{1000 + number}",
    "DOCUMENT": lambda _: "111.444.777-35",  # adds up, and is nobody's
    "CARD": lambda _: "4111 1111 1111 1111",  # the payment industry's own for tests
    "SECRET": lambda _: "segredo",
    "NAME": lambda number: OTHERS[number % len(OTHERS)],
}


class Strangers:
    """Replaces what is personal in one conversation. `own` is the employee's name, `others` those of colleagues."""

    def __init__(self, language: Language, own: str, others: Iterable[str]) -> None:
        self.name = NAMES[language]
        first, *rest = self.name.split()
        words = own.split()
        self._own = {word.casefold(): rest[0] for word in words[1:] if len(word) >= SHORTEST}
        self._own |= {word.casefold(): first for word in words[:1] if len(word) >= SHORTEST}
        whole = tuple(name for name in others if len(name.split()) > 1 and name != own)
        self._mask = Mask(language, whole)

    def replaced(self, text: str) -> str:
        """The text with nobody in it."""
        hidden = mask(self._mask.hide(self._without_own(text)))
        return PLACEHOLDER.sub(lambda found: INSTEAD[found[1]](int(found[2])), hidden)

    def of(self, value: Any) -> Any:
        """The same of whatever holds text."""
        if isinstance(value, str):
            return self.replaced(value)
        if isinstance(value, dict):
            return {key: self.of(item) for key, item in value.items()}
        return [self.of(item) for item in value] if isinstance(value, list | tuple) else value

    def _without_own(self, text: str) -> str:
        return re.sub(r"[^\W\d_]+", lambda found: self._own.get(found[0].casefold(), found[0]), text)
