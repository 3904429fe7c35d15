"""How well a text that is in no index covers a question, read as the knowledge base reads both."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from retrieval.lexical import Fit
from retrieval.passage import Language
from retrieval.question import kin_pieces, question_words, read
from retrieval.spelling import Speller
from retrieval.words import stem, words


@dataclass(frozen=True, slots=True)
class Loose:
    """A text with its title."""

    title: str
    text: str


def covers(question: str, asker: Language, texts: Sequence[Loose], language: Language) -> list[Fit]:
    """The fit of each text, taken to be in `language`. Every idea counts alike: a handful of texts tells no rarity."""
    bodies = [words(f"{one.title} {one.text}") for one in texts]
    known = Counter(word for body in bodies for word in set(body))
    reading = read(question_words(question, asker), asker, language, Speller(known), known)
    total = sum(reading.pieces.values()) or 1.0

    def fit(one: Loose, body: list[str]) -> Fit:
        stems, titled = set(stem(body, language)), set(stem(words(one.title), language))
        pieces = set(kin_pieces(body))
        met = sum(weight for piece, weight in reading.pieces.items() if piece in pieces) / total
        return Fit(_share(reading.ideas, stems), _share(reading.ideas, titled), met)

    return [fit(one, body) for one, body in zip(texts, bodies, strict=True)]


def _share(ideas: list[frozenset[str]], stems: set[str]) -> float:
    """How many of the question's ideas are there; none of a question without any."""
    return sum(1 for idea in ideas if idea & stems) / len(ideas) if ideas else 0.0
