"""Help-desk words in three languages: a question in one language finds articles in another."""

from collections.abc import Iterator, Mapping, Sequence
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
    for phrase, said in _entries(source, target):
        found.setdefault(tuple(stem(phrase, source)), {}).update(dict.fromkeys(said))
    return {phrase: tuple(entry) for phrase, entry in found.items()}


@cache
def wording(source: Language, target: Language) -> Mapping[Phrase, Phrase]:
    """Folded phrases of `source` as they stand to the first that the lexicon says of them in `target`."""
    return {phrase: said[0] for phrase, said in reversed(list(_entries(source, target)))}


def _entries(source: Language, target: Language) -> Iterator[tuple[Phrase, list[Phrase]]]:
    for line in files("retrieval").joinpath("lexicon.tsv").read_text("utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        row = dict(zip(_COLUMNS, line.split("\t"), strict=True))
        said = [tuple(words(phrase)) for phrase in row[target].split("|")]
        for phrase in row[source].split("|"):
            yield tuple(words(phrase)), said


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
