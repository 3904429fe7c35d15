"""Personal data replaced by placeholders before words leave the house, and put back into what comes home."""

import re
from collections.abc import Callable
from functools import partial

import phonenumbers

from graph.language.offline.contacts import EMAIL
from retrieval.passage import Language
from tools.personal_data import is_card, is_cnpj, is_cpf

REGIONS: dict[Language, str] = {"pt-BR": "BR", "es": "AR", "en": "US"}
_CPF = re.compile(r"(?<!\d)\d{3}\.?\d{3}\.?\d{3}-?\d{2}(?!\d)")
_CNPJ = re.compile(r"(?<![A-Z\d])[A-Z\d]{2}\.?[A-Z\d]{3}\.?[A-Z\d]{3}/?[A-Z\d]{4}-?\d{2}(?!\w)")
_CARD = re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])")
_SECRET = re.compile(r"\b(?:senha|clave|contraseña|password|pin)\s*(?:é|e|es|is|=|:)\s*(\S+)", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\b(?:EMAIL|PHONE|DOCUMENT|CARD|SECRET|NAME)_\d+\b")


class Mask:
    """The placeholders of one request; the same value has the same one, so that the model can tell them apart."""

    def __init__(self, language: Language, names: tuple[str, ...] = (), *, on: bool = True) -> None:
        self._region, self._on = REGIONS[language], on
        self._names = [name for name in names if len(name) > 2]
        self._values: dict[str, str] = {}  # placeholder -> what it stands for

    def hide(self, text: str) -> str:
        """The text as it may leave."""
        if not self._on:
            return text
        for kind, find in self._finders():
            text = find(text, partial(self._placeholder, kind))
        return text

    def reveal(self, text: str) -> str:
        """What came back with the values in their places; an invented placeholder stays as it is."""
        return _PLACEHOLDER.sub(lambda found: self._values.get(found[0], found[0]), text)

    def _placeholder(self, kind: str, value: str) -> str:
        known = next((name for name, kept in self._values.items() if kept == value and name.startswith(kind)), None)
        name = known or f"{kind}_{len(self._values) + 1}"
        self._values[name] = value
        return name

    def _finders(self) -> list[tuple[str, Callable[[str, Callable[[str], str]], str]]]:
        return [
            ("SECRET", lambda text, keep: _SECRET.sub(lambda f: f[0][: -len(f[1])] + keep(f[1]), text)),
            ("EMAIL", lambda text, keep: EMAIL.sub(lambda f: keep(f[0]), text)),
            ("DOCUMENT", lambda text, keep: _CNPJ.sub(lambda f: keep(f[0]) if is_cnpj(f[0]) else f[0], text)),
            ("DOCUMENT", lambda text, keep: _CPF.sub(lambda f: keep(f[0]) if is_cpf(f[0]) else f[0], text)),
            ("CARD", lambda text, keep: _CARD.sub(lambda f: keep(f[0]) if is_card(f[0]) else f[0], text)),
            ("PHONE", self._phones),
            ("NAME", self._hide_names),
        ]

    def _phones(self, text: str, keep: Callable[[str], str]) -> str:
        for match in reversed(list(phonenumbers.PhoneNumberMatcher(text[:8000], self._region))):
            text = text[: match.start] + keep(match.raw_string) + text[match.end :]
        return text

    def _hide_names(self, text: str, keep: Callable[[str], str]) -> str:
        if not self._names:
            return text
        names = "|".join(re.escape(name) for name in sorted(self._names, key=len, reverse=True))
        return re.sub(rf"\b(?:{names})\b", lambda found: keep(found[0]), text, flags=re.IGNORECASE)
