"""Help-desk words in three languages: a question in one language finds articles in another."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from retrieval.passage import Language
from retrieval.words import stem, words

Phrase = tuple[str, ...]
LONGEST_PHRASE = 3  # words
_COLUMNS: tuple[Language, ...] = ("en", "pt-BR", "es")


@cache
def dictionary(source: Language, target: Language) -> Mapping[Phrase, tuple[Phrase, ...]]:
    """Stemmed phrases of `source` to folded phrases of `target`, from the lexicon that ships with Recado."""
    found: dict[Phrase, dict[Phrase, None]] = {}
    for line in files("retrieval").joinpath("lexicon.tsv").read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        row = dict(zip(_COLUMNS, line.split("\t"), strict=True))
        said = [tuple(words(phrase)) for phrase in row[target].split("|")]
        for phrase in row[source].split("|"):
            entry = found.setdefault(tuple(stem(words(phrase), source)), {})
            entry.update(dict.fromkeys(said))
    return {phrase: tuple(entry) for phrase, entry in found.items()}


def translate(folded: Sequence[str], source: Language, target: Language) -> list[tuple[Phrase, tuple[Phrase, ...]]]:
    """The words in their order as (phrase, its translations); the longest known phrase wins."""
    if source == target:
        return [((word,), ()) for word in folded]
    known, stems = dictionary(source, target), stem(folded, source)
    result: list[tuple[Phrase, tuple[Phrase, ...]]] = []
    start = 0
    while start < len(folded):
        for length in range(min(LONGEST_PHRASE, len(folded) - start), 0, -1):
            translations = known.get(tuple(stems[start : start + length]), ())
            if translations or length == 1:
                result.append((tuple(folded[start : start + length]), translations))
                start += length
                break
    return result
