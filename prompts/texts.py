"""What the user is told: texts by key in three languages, checked when loaded and filled in one pass."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

FOLDER = Path(__file__).parent / "replies"
Language = Literal["pt-BR", "es", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class TextError(Exception):
    """A text is missing, uses a variable it did not declare, or was filled with the wrong ones."""


@dataclass(frozen=True, slots=True)
class Texts:
    """One language's texts; `version` is `number+sha` of the file they came from."""

    version: str
    by_key: dict[str, str]


def _read(language: Language) -> Texts:
    """Read one file and hold it to its own front matter: every declared variable is used, every used one declared."""
    raw = (FOLDER / f"{language}.yaml").read_bytes()
    page: dict[str, Any] = yaml.safe_load(raw)
    texts = {key: str(text).strip() for key, text in page["texts"].items()}
    used = {name for text in texts.values() for name in PLACEHOLDER.findall(text)}
    declared = set(page["variables"])
    if used != declared:
        raise TextError(f"{language}.yaml: declared and used variables differ: {sorted(used ^ declared)}")
    return Texts(version=f"{page['version']}+{hashlib.sha256(raw).hexdigest()[:12]}", by_key=texts)


@cache
def load() -> dict[Language, Texts]:
    """Read all languages once; they hold the same keys, and each key the same variables.

    Raises:
        TextError: when they do not, so that start-up fails and not a conversation.
    """
    texts = {language: _read(language) for language in LANGUAGES}
    model = texts[LANGUAGES[0]].by_key
    for language, other in texts.items():
        if other.by_key.keys() != model.keys():
            raise TextError(f"{language}.yaml: keys differ: {sorted(other.by_key.keys() ^ model.keys())}")
        for key, text in other.by_key.items():
            if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(model[key])):
                raise TextError(f"{language}.yaml: {key} uses other variables than {LANGUAGES[0]}.yaml")
    return texts


def known_language(language: str) -> Language:
    """Take a stored language for one of ours; Portuguese when it is none."""
    return next((known for known in LANGUAGES if known == language), LANGUAGES[0])


def say(language: str, key: str, **values: object) -> str:
    """Fill one text in one pass: braces inside a value stay what they are.

    Raises:
        TextError: for an unknown key, or values that are not exactly the text's variables.
    """
    texts = load()
    text = texts[known_language(language)].by_key.get(key)
    if text is None:
        raise TextError(f"no text is called {key}")
    if set(PLACEHOLDER.findall(text)) != values.keys():
        raise TextError(f"{key} wants {sorted(set(PLACEHOLDER.findall(text)))}, got {sorted(values)}")
    return PLACEHOLDER.sub(lambda found: str(values[found[1]]), text)


def versions() -> dict[str, str]:
    """Name each file of texts and its `version+sha`, as stored on every turn and run."""
    return {f"replies/{language}": texts.version for language, texts in load().items()}
