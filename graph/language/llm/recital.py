"""Whether a sentence recites the model's own instructions: they are no answer to anybody."""

import re
import unicodedata
from functools import cache

from graph.language.offline.folding import fold
from prompts.instructions import load

RUN = 5  # words in a row that are nobody's by chance


def recites(sentence: str, sources: str) -> bool:
    """Whether it holds a run of words of the instructions that the sources do not hold."""
    told = _runs(_words(sentence)) & _instructed()
    if not told:
        return False
    known = f" {' '.join(_words(sources))} "
    return any(f" {' '.join(run)} " not in known for run in told)


@cache
def _instructed() -> frozenset[tuple[str, ...]]:
    """The runs of all the instructions."""
    return frozenset(run for one in load().values() for part in (one.system, one.user) for run in _runs(_words(part)))


def _runs(words: list[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1))


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(unicodedata.normalize("NFKC", text)))
