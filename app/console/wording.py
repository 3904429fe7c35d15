"""What the staff pages say in English, Portuguese and Spanish: `wording/LANGUAGE/AREA.yaml`, all with the same keys."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale

from app.yaml_text import read_yaml
from retrieval.passage import Language

FOLDER = Path(__file__).parent / "wording"
PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})  # keys of what is said by count
LANGUAGES: dict[Language, str] = {"pt-BR": "Português", "es": "Español", "en": "English"}
LOCALES: dict[Language, Locale] = {"pt-BR": Locale("pt", "BR"), "es": Locale("es"), "en": Locale("en")}


class Words:
    """The words of one language: `words("staff.added", name=…)`; `count` chooses between one and other."""

    def __init__(self, language: Language, phrases: Mapping[str, str | Mapping[str, str]]) -> None:
        self.language = language
        self._phrases = phrases
        self._plural = LOCALES[language].plural_form

    def __call__(self, key: str, **values: Any) -> str:
        """Say it; an unknown key is a KeyError, which no page survives its test with."""
        phrase = self._phrases[key]
        if not isinstance(phrase, str):
            form = self._plural(abs(values["count"]))
            phrase = phrase.get(form) or phrase["other"]
        return phrase.format(**values) if values else phrase

    def __contains__(self, key: str) -> bool:
        return key in self._phrases


@cache
def read_wording() -> Mapping[Language, Words]:
    """Read every catalogue, once."""
    return {language: Words(language, phrases_of(language)) for language in LANGUAGES}


def phrases_of(language: Language) -> dict[str, str | Mapping[str, str]]:
    """Phrases by "area.name" or "area.group.name"."""
    found: dict[str, str | Mapping[str, str]] = {}
    for path in sorted((FOLDER / language).glob("*.yaml")):
        _gather(read_yaml(path.read_text(encoding="utf8")), path.stem, found)
    return found


def _gather(tree: Mapping[str, Any], prefix: str, found: dict[str, str | Mapping[str, str]]) -> None:
    for name, value in tree.items():
        key = f"{prefix}.{name}"
        if isinstance(value, str) or PLURALS.issuperset(value):
            found[key] = value
        else:
            _gather(value, key, found)


def choose_language(*wishes: str) -> Language:
    """The first wish we speak, else English; the last may be an Accept-Language header."""
    for wish in (part.split(";")[0].strip() for text in wishes for part in text.split(",")):
        for language in LANGUAGES:
            if wish and wish[:2].lower() == language[:2].lower():
                return language
    return "en"
