"""Whether an answer stands on its sources: every quote, number, address and command of it, checked by code."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from graph.language.llm.recital import recites
from graph.language.llm.shapes import Citation
from graph.language.offline.folding import fold
from graph.language.offline.tongue import identify
from graph.language.port import Quote
from retrieval.passage import Language, Passage

QUOTE_ALIKE = 90  # rapidfuzz partial ratio of a quote to its passage
LEAST_QUOTE = 12  # letters: less is found anywhere
FOREIGN_SURE, FOREIGN_WORDS = 0.9, 8  # how sure, from how many words, that an answer is in another language
TELLING, SHARED, STEM = 5, 0.25, 5  # content words of a sentence, share of them that the sources must have, letters
_SENTENCE = re.compile(r"(?<=[.!?…])\s+(?=[^\s\d])")
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-•*])\s+")
_NUMBER = re.compile(r"\d+(?:[.,:/h-]\d+)*")
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,12}://|www\.)\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,24}\b(?:/\S*)?",
    re.IGNORECASE,
)
_COMMAND = re.compile(
    r"`([^`\n]+)`|((?:[A-Za-z]:)?\\[^\s,;]+)|(?<![\w/])(/[\w.-]+(?:/[\w.-]+)+)|(?<!\w)(--?[A-Za-z][\w-]+)|\b(0x[0-9A-Fa-f]+)\b"
    r"|\b([\w-]+\.(?:exe|msi|bat|cmd|ps1|sh|dll|ini|cfg|log|zip|pdf))\b"
)
_WORD = re.compile(r"[^\W\d_]{4,}")
_EDGES = ".,;:!?()[]{}<>\"'*_~`\u201c\u201d\u2018\u2019\u2026"


@dataclass(frozen=True, slots=True)
class Checked:
    """An answer with what could not be shown taken out. `dropped` counts lines and sentences."""

    text: str
    quotes: tuple[Quote, ...]
    dropped: int


def quotes_of(citations: Iterable[Citation], passages: Sequence[Passage]) -> tuple[Quote, ...]:
    """The citations whose passage was given and holds the quote; passages are called S1, S2 and so on."""
    by_label = {label(number): passage for number, passage in enumerate(passages)}
    kept: list[Quote] = []
    for citation in citations:
        passage = by_label.get(citation.source.strip().strip("[]").upper())
        quote = " ".join(citation.quote.split())
        if passage and len(quote) >= LEAST_QUOTE and _stands_in(quote, passage):
            kept.append(Quote(passage_id=passage.id, text=quote))
    return tuple(kept)


def label(number: int) -> str:
    """What a passage is called in the prompt."""
    return f"S{number + 1}"


def _stands_in(quote: str, passage: Passage) -> bool:
    """Of a quote longer than its passage the whole passage would be "in" it: that proves nothing."""
    source = _plain(_source(passage))
    return len(quote) <= len(source) + 40 and fuzz.partial_ratio(_plain(quote), source) >= QUOTE_ALIKE


def checked(text: str, quotes: tuple[Quote, ...], passages: Sequence[Passage]) -> Checked:
    """Take out of a text every sentence with something that no cited passage holds."""
    cited = {quote.passage_id for quote in quotes}
    sources = [passage for passage in passages if passage.id in cited]
    evidence = _Evidence.of(sources)
    kept, dropped = [], 0
    for line in text.splitlines():
        mark = _LIST_MARK.match(line)
        head = mark[0] if mark else ""
        sentences = _SENTENCE.split(line[len(head) :])
        good = [sentence for sentence in sentences if evidence.holds(sentence)]
        dropped += len(sentences) - len(good)
        if good or not line.strip():
            kept.append(head + " ".join(good))
    return Checked(re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip(), quotes, dropped)


def adds_nothing(text: str, said: str) -> bool:
    """Whether a text names no number, address or command that was not said."""
    known = _plain(said)
    return _numbers(text) <= _numbers(said) and all(
        _plain(item) in known for item in (*_addresses(text), *_commands(text))
    )


def in_language(text: str, wanted: Language) -> bool:
    """Whether a text may be in the wanted language: only a sure other one says no."""
    found, sure, words = identify(text)
    return found == wanted or sure < FOREIGN_SURE or words < FOREIGN_WORDS


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What the cited passages hold."""

    text: str  # folded, with single spaces
    numbers: frozenset[str]
    stems: frozenset[str]
    languages: frozenset[Language]

    @classmethod
    def of(cls, sources: Sequence[Passage]) -> "_Evidence":
        whole = "\n".join(map(_source, sources))
        return cls(
            text=_plain(whole),
            numbers=frozenset(_numbers(whole)),
            stems=frozenset(_stems(whole)),
            languages=frozenset(source.language for source in sources),
        )

    def holds(self, sentence: str) -> bool:
        """Numbers, addresses and commands word for word; the words not all the model's own, and not its orders."""
        exact = all(_plain(item) in self.text for item in (*_addresses(sentence), *_commands(sentence)))
        stands = exact and _numbers(sentence) <= self.numbers and self._speaks_of(sentence)
        return stands and not recites(sentence, self.text)

    def _speaks_of(self, sentence: str) -> bool:
        """In the language of the sources a sentence shares words with them; in another nothing can be said."""
        own = _stems(sentence)
        language, sure, _ = identify(sentence)
        if len(own) < TELLING or sure < FOREIGN_SURE or language not in self.languages:
            return True
        return len(own & self.stems) >= SHARED * len(own)


def _source(passage: Passage) -> str:
    return f"{passage.title}\n{passage.heading}\n{passage.text}\n{passage.url}"


def _plain(text: str) -> str:
    """For comparing: compatible characters made one, folded, marks of emphasis gone, single spaces."""
    return " ".join(fold(re.sub(r"[*_`~]", "", unicodedata.normalize("NFKC", text))).split())


def _numbers(text: str) -> set[str]:
    bare = "\n".join(_LIST_MARK.sub("", line) for line in unicodedata.normalize("NFKC", text).splitlines())
    found = set()
    for number in _NUMBER.findall(bare):
        found |= {number, *re.findall(r"\d+", number)}
    return found


def _addresses(text: str) -> list[str]:
    return [found[0].strip(_EDGES) for found in _ADDRESS.finditer(unicodedata.normalize("NFKC", text))]


def _commands(text: str) -> list[str]:
    found = (next(filter(None, match.groups()), "") for match in _COMMAND.finditer(text))
    return [command.strip(_EDGES.replace("`", "")) for command in found if command]


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in _WORD.findall(fold(text))}
