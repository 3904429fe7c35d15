"""The shipped phrases: what employees write, by intent and language."""

from functools import cache
from importlib.resources import files
from typing import cast

import yaml

from graph.language.offline.folding import canonical
from graph.language.port import Intent
from retrieval.passage import Language

LANGUAGES: tuple[Language, ...] = ("pt-BR", "es", "en")


@cache
def shipped(language: Language) -> dict[Intent, tuple[str, ...]]:
    """All phrases of one language, by intent."""
    text = files(__name__).joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    return {cast("Intent", intent): tuple(block.splitlines()) for intent, block in yaml.safe_load(text).items()}


@cache
def exact(language: Language) -> dict[str, Intent]:
    """Canonical phrase to intent: a whole message that equals one needs no classifier; `language` wins a tie."""
    found: dict[str, Intent] = {}
    for tongue in (language, *(other for other in LANGUAGES if other != language)):
        for intent, lines in shipped(tongue).items():
            for line in lines:
                found.setdefault(canonical(line), intent)
    return found
