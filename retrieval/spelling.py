"""Repairs a misspelt word against the words the articles use."""

from collections.abc import Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

SHORTEST = 4  # letters; shorter words have too many neighbours
TWO_SLIPS = 8  # letters from which two slips are forgiven


class Speller:
    """Known words by first letter and length; a slip changes, adds, drops or swaps a letter after the first."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._shelves: dict[tuple[str, int], list[str]] = {}
        for word in vocabulary:
            if word.isalpha():
                self._shelves.setdefault((word[0], len(word)), []).append(word)

    def repair(self, word: str, frequency: Mapping[str, int]) -> str:
        """The nearest known word, the most used among equals; the word itself when known, short or far from all."""
        if len(word) < SHORTEST or not word.isalpha() or word in frequency:
            return word
        slips = 1 if len(word) < TWO_SLIPS else 2
        near = [
            other
            for length in range(len(word) - slips, len(word) + slips + 1)
            for other in self._shelves.get((word[0], length), ())
        ]
        found = process.extract(word, near, scorer=OSA.distance, score_cutoff=slips, limit=8)
        return min(found, key=lambda hit: (hit[1], -frequency[hit[0]]))[0] if found else word
