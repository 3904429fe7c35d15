"""What a text is made of for searching: folded words, Snowball stems and word-bounded 4-grams."""

import re
import threading
import unicodedata
from collections.abc import Sequence

import Stemmer

from retrieval.passage import Language

GRAM = 4
_WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("[\u0300-\u034e\u0350-\u036f]+")  # all marks of our three languages, removed at one go
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_SNOWBALL: dict[Language, str] = {"pt-BR": "portuguese", "es": "spanish", "en": "english"}
# Without their accents Snowball takes `atualizacao`, `atualizacoes` and `atualizar` for three words.
_WRITTEN = {
    "cao": "ção", "coes": "ção", "oes": "ao", "ais": "al", "eis": "el", "ens": "em", "avel": "ável", "aveis": "ável",
    "ivel": "ível", "iveis": "ível", "encia": "ência", "encias": "ência", "enes": "en",
}  # fmt: skip
_ENDINGS: dict[Language, re.Pattern[str]] = {
    "pt-BR": re.compile(r"(?<=..)(?:cao|coes|oes|aveis|avel|iveis|ivel|encias|encia|ais|eis|ens)$"),
    "es": re.compile(r"(?<=..[dgm])enes$"),
}
_LOCAL = threading.local()  # a Snowball stemmer keeps a buffer and must not be shared by threads


def fold(text: str) -> str:
    """Lower case without accents: people write `acao` for `ação`, and stems agree better afterwards."""
    if text.isascii():
        return text.lower()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return plain if plain.isascii() else "".join(char for char in plain if not unicodedata.combining(char))


def words(text: str) -> list[str]:
    """The folded words of a text, Markdown link targets left out."""
    return _WORD.findall(fold(_MARKUP.sub(r"\1", text)))


def stem(folded: Sequence[str], language: Language) -> list[str]:
    """The stem of each folded word: Snowball's, once the endings that it knows by their accents are written out."""
    endings = _ENDINGS.get(language)
    if endings is None:
        return snowball(folded, language)
    written = [endings.sub(_written, word) for word in folded]
    return [fold(stemmed) for stemmed in snowball(written, language)]


def _written(ending: re.Match[str]) -> str:
    return _WRITTEN[ending[0]]


def snowball(folded: Sequence[str], language: Language) -> list[str]:
    """Snowball's stem of each word as it stands."""
    stemmers: dict[Language, Stemmer.Stemmer] = _LOCAL.__dict__.setdefault("stemmers", {})
    if language not in stemmers:
        stemmers[language] = Stemmer.Stemmer(_SNOWBALL[language])
    stems: list[str] = stemmers[language].stemWords(list(folded))
    return stems


def grams(folded: Sequence[str]) -> list[str]:
    """Four-letter pieces of each word with its edges marked: `_sen senh enha nha_`."""
    pieces: list[str] = []
    for word in folded:
        edged = f"_{word}_"
        pieces.extend(edged[start : start + GRAM] for start in range(max(1, len(edged) - GRAM + 1)))
    return pieces
