"""A text told in English word by word, for an embedding model that reads nothing else."""

from collections.abc import Callable
from typing import NamedTuple

from retrieval.colloquial import FUNCTION_WORDS
from retrieval.embedder import MiniLM
from retrieval.lexicon import LONGEST_PHRASE, Phrase, dictionary, wording
from retrieval.passage import Language
from retrieval.words import stem, words

# What little a sentence needs besides its words of meaning; the other function words are left out.
_SMALL: dict[Language, dict[str, str]] = {
    "pt-BR": {"nao": "not", "como": "how to", "para": "for", "pra": "for", "em": "in", "no": "in", "na": "in",
              "com": "with", "sem": "without", "de": "of", "do": "of", "da": "of", "e": "and", "ou": "or", "se": "if",
              "por": "by", "seu": "your", "sua": "your", "meu": "my", "minha": "my", "quando": "when",
              "onde": "where"},
    "es": {"no": "not", "como": "how to", "para": "for", "en": "in", "con": "with", "sin": "without", "de": "of",
           "del": "of", "y": "and", "o": "or", "si": "if", "por": "by", "su": "your", "tu": "your", "mi": "my",
           "cuando": "when", "donde": "where"},
}  # fmt: skip


class Telling(NamedTuple):
    """A text in English, and which share of its words of meaning the lexicon knew: the rest are told as they stand."""

    text: str
    share: float


def told(text: str, language: Language, model: str) -> str:
    """The text as the model of this id reads it best: MiniLM in English, an endpoint's model as it stands."""
    if model != MiniLM.id or language == "en":
        return text
    return english(words(text), language).text


def english(folded: list[str], language: Language, repair: Callable[[str], str] = lambda word: word) -> Telling:
    """The words in English, phrases of the lexicon first; `repair` is for words that it does not know."""
    small, stems = _SMALL[language], stem(folded, language)
    said: list[str] = []
    start = meant = known = 0
    while start < len(folded):
        length, phrase = _longest(folded, stems, start, language)
        word = folded[start]
        if length > 1 or word not in FUNCTION_WORDS[language]:
            phrase = phrase or _repaired(repair(word), language)
            said += phrase or (word,)
            meant += length
            known += length if phrase else 0
        elif word in small:
            said.append(small[word])
        start += length
    return Telling(" ".join(said), known / meant if meant else 0.0)


def _longest(folded: list[str], stems: list[str], start: int, language: Language) -> tuple[int, Phrase]:
    """How many words from here are the longest known phrase, and what it is in English."""
    for length in range(min(LONGEST_PHRASE, len(folded) - start), 0, -1):
        phrase = _said(tuple(folded[start : start + length]), tuple(stems[start : start + length]), language)
        if phrase:
            return length, phrase
    return 1, ()


def _said(folded: Phrase, stems: Phrase, language: Language) -> Phrase:
    """`acesso` is access, though its stem is also that of `acessar`, to sign in."""
    exact = wording(language, "en").get(folded)
    return exact or dictionary(language, "en").get(stems, ((),))[0]


def _repaired(word: str, language: Language) -> Phrase:
    return _said((word,), tuple(stem([word], language)), language)
