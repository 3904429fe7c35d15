"""Words of a question that stand together in an article: an article says `redefinir a senha`, not both far apart."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.bm25 import Scores

REACH = 3  # words of meaning that two may be apart, in the question and in the article
LONGEST = 40  # words of a question looked at
SATURATION = 0.5  # a pair met n times counts n / (n + this)

Numbers = NDArray[np.int32]


class WordOrder:
    """The stems of each article in reading order, by number, function words left out."""

    def __init__(self, stems: Numbers, starts: NDArray[np.int64]) -> None:
        self._stems = stems
        self._starts = starts

    @classmethod
    def build(cls, documents: Iterable[Sequence[int]]) -> "WordOrder":
        """From the stem numbers of each article, taken one by one."""
        stems, lengths = array("i"), [0]
        for text in documents:
            stems.extend(text)
            lengths.append(len(text))
        return cls(np.array(stems, np.int32), np.cumsum(lengths, dtype=np.int64))

    def save(self, folder: Path) -> None:
        """Write two arrays into `folder`."""
        np.save(folder / "order.npy", self._stems, allow_pickle=False)
        np.save(folder / "order-starts.npy", self._starts, allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> "WordOrder":
        """Read what `save` wrote; raises OSError or ValueError."""
        stems = np.load(folder / "order.npy", mmap_mode="r", allow_pickle=False)
        return cls(stems, np.load(folder / "order-starts.npy", allow_pickle=False))

    def closeness(self, asked: Sequence[int], positions: Sequence[int], idf: Callable[[int], float]) -> Scores:
        """For each article the rarity of the question's neighbours that are neighbours there too."""
        terms = list(dict.fromkeys(asked))[:LONGEST]
        pairs = {
            frozenset((one, other)): idf(one) + idf(other)
            for place, one in enumerate(terms)
            for other in terms[place + 1 : place + 1 + REACH]
        }
        known = frozenset(terms)
        return np.array([self._closeness(known, pairs, position) for position in positions], np.float32)

    def _closeness(self, known: frozenset[int], pairs: dict[frozenset[int], float], position: int) -> float:
        text: list[int] = self._stems[self._starts[position] : self._starts[position + 1]].tolist()
        steps = [step for step, stem in enumerate(text) if stem in known]
        stems = [text[step] for step in steps]
        met: dict[frozenset[int], int] = {}
        for number, step in enumerate(steps):
            for later in range(number + 1, min(len(steps), number + 1 + REACH)):
                pair = frozenset((stems[number], stems[later]))
                if steps[later] - step <= REACH and pair in pairs:
                    met[pair] = met.get(pair, 0) + 1
        return sum(pairs[pair] * count / (count + SATURATION) for pair, count in met.items())
