"""Answers taken word for word: the best sentence by idf-weighted overlap, with the list or section it stands in."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from rapidfuzz import fuzz, process

from graph.language.offline.clauses import content
from graph.language.offline.folding import fold, words
from graph.language.offline.whatsapp import to_whatsapp
from graph.language.port import Quote
from retrieval.passage import Language, Passage
from retrieval.words import stem

Verdict = Literal["answered", "partial", "not_in_sources"]

LONGEST = 700  # characters of an answer: what is read without scrolling
MISSPELT = 5  # letters: shorter words are too near one another to guess
RANK_COST = 0.15  # what a passage loses for each one that retrieval put before it
NEAR = 0.05  # of retrieval's best score: below, another article is looked at only when the best ones do not meet
STEPS_GAIN = 0.3  # what a passage with numbered steps has ahead of one without
SECTION_GAIN = 0.25  # share of the question by which a section must meet it better than the beginning and the steps do
FALLBACK_SHARE = 0.5  # of what a section for afterwards ("Se não funcionar") meets
PAIR_GAIN = 0.5  # of a heading that has two words of the question side by side: "não abre"
SAME_WORD = 82  # rapidfuzz ratio: a typo or two in a word of ten letters
SEEING = frozenset({
    "see", "find", "check", "look", "ver", "vejo", "veo", "veja", "vea", "achar", "acho", "encontrar", "encontro",
    "encuentro", "consultar",
})  # fmt: skip
"""What one does with anything that is asked for: these words tell no part of an article from another."""
COVERED = 0.3  # share of the question's weight that the passage must hold
WELL_COVERED = 0.6
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s")
_STEP = re.compile(r"^\s*\d{1,2}[.)]\s")
_FALLBACK = re.compile(
    r"\b(?:se nao funcionar|si no funciona|if it (?:does not|doesn't) work|problemas comuns|troubleshooting)\b"
)
_SENTENCE = re.compile(r".+?(?:[.!?…]+(?=\s|$)|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, list item, table row or heading: `start:end` in its passage's text."""

    kind: Literal["sentence", "item", "row", "heading"]
    start: int
    end: int


def extract(question: str, passages: tuple[Passage, ...], language: Language) -> tuple[str, Verdict, tuple[Quote, ...]]:
    """Text for WhatsApp, verdict, and where it comes from; ("", "not_in_sources", ()) when the words do not meet."""
    readable = [(passage, pieces) for passage in passages if (pieces := cut(passage.text))]
    if not readable:
        return "", "not_in_sources", ()
    weighing = _weigh(question, readable)
    covered = [weighing.covered(_context(passage)) for passage, _ in readable]
    pieces_best = [_best_piece(pair, weighing) for pair in readable]
    top = max(passage.score for passage, _ in readable)
    near = [n for n, (passage, _) in enumerate(readable) if passage.score >= top - NEAR and covered[n] >= COVERED]

    def merit(n: int) -> tuple[float, int]:
        passage, pieces = readable[n]
        stepwise = STEPS_GAIN if _steps(passage, pieces, _sections(pieces)) else 0.0
        afterwards = FALLBACK_SHARE if _FALLBACK.search(fold(passage.heading)) else 1.0
        return afterwards * (covered[n] + pieces_best[n][0]) + stepwise - RANK_COST * n, -n

    best = max(near or range(len(readable)), key=merit)
    passage, pieces = readable[best]
    foreign = passage.language != language
    met = max(covered[best], _met(_context(passage), weighing))
    if met < COVERED and not foreign:
        return "", "not_in_sources", ()
    parts = [passage.text[start:end] for start, end in _regions(passage, pieces, pieces_best[best][1], weighing)]
    text = to_whatsapp("\n\n".join(parts))
    if not text:
        return "", "not_in_sources", ()
    verdict: Verdict = "answered" if met >= WELL_COVERED or foreign else "partial"
    return text, verdict, tuple(Quote(passage_id=passage.id, text=part) for part in parts)


def cut(text: str) -> list[Piece]:
    """A passage's text in pieces, in order; pictures and fences are left out of the choice but not of a section."""
    pieces: list[Piece] = []
    start = 0
    for line in text.splitlines(keepends=True):
        body = line.rstrip()
        end = start + len(body)
        if _HEADING.match(line):
            pieces.append(Piece("heading", start, end))
        elif _ITEM.match(line):
            pieces.append(Piece("item", start, end))
        elif body.lstrip().startswith("|"):
            pieces.append(Piece("row", start, end))
        elif body.strip() and line[0] in " \t" and pieces and pieces[-1].kind == "item":
            pieces[-1] = Piece("item", pieces[-1].start, end)
        elif body.strip() and not body.lstrip().startswith(("![", "```", "~~~")):
            pieces += [
                Piece("sentence", start + found.start() + len(found[0]) - len(found[0].lstrip()), start + found.end())
                for found in _SENTENCE.finditer(body)
                if found[0].strip()
            ]
        start += len(line)
    return pieces


def _context(passage: Passage) -> str:
    return f"{passage.title}\n{passage.heading}\n{passage.text}"


@dataclass(frozen=True, slots=True)
class Weighing:
    """A question's stems with their rarity, as words of one language."""

    language: Language
    weights: dict[str, float]
    pairs: frozenset[tuple[str, str]]

    def stems(self, text: str) -> frozenset[str]:
        """Snowball stems of the words with a subject."""
        return _stems(text, self.language)

    def covered(self, text: str) -> float:
        """The share of the question's weight found in a text: what tells sentences apart."""
        held = self.stems(text)
        total = sum(self.weights.values())
        return sum(weight for stem, weight in self.weights.items() if stem in held) / total if total else 0.0


def _met(text: str, weighing: Weighing) -> float:
    """The share of the question's words found in a text; by rarity one synonym would condemn a passage."""
    held = weighing.stems(text)
    return sum(stem in held for stem in weighing.weights) / len(weighing.weights) if weighing.weights else 0.0


def _weigh(question: str, readable: Sequence[tuple[Passage, list[Piece]]]) -> Weighing:
    """The question's stems with their rarity; a misspelt word counts as the passage word it is nearest to."""
    language = readable[0][0].language
    plain = Weighing(language, {}, frozenset(pairwise(words(question[:1000]))))
    sentences = [plain.stems(passage.text[p.start : p.end]) for passage, pieces in readable for p in pieces]
    sentences += [plain.stems(f"{passage.title} {passage.heading}") for passage, _ in readable]
    frequency = Counter(found for sentence in sentences for found in sentence)
    asked = content(question[:1000])
    for word in [word for word in asked if word not in SEEING] or asked:
        (root,) = stem([word], language)
        if root not in frequency and len(word) >= MISSPELT:
            nearest = process.extractOne(word, _known(readable), scorer=fuzz.ratio, score_cutoff=SAME_WORD)
            (root,) = stem([nearest[0]], language) if nearest else (root,)
        plain.weights[root] = math.log(1 + (len(sentences) + 1) / (frequency[root] + 0.5))
    return plain


def _known(readable: Sequence[tuple[Passage, list[Piece]]]) -> list[str]:
    return sorted({word for passage, _ in readable for word in content(_context(passage))})


@lru_cache(maxsize=1024)  # sentences of articles, which are weighed several times a question and in many questions
def _stems(text: str, language: Language) -> frozenset[str]:
    return frozenset(stem(content(text), language))


def _best_piece(readable: tuple[Passage, list[Piece]], weighing: Weighing) -> tuple[float, int]:
    """Score and number of the piece that holds most of the question."""
    passage, pieces = readable
    scores = [weighing.covered(passage.text[p.start : p.end]) for p in pieces]
    best = max(range(len(pieces)), key=lambda n: (scores[n], -n))
    return scores[best], best


def _regions(passage: Passage, pieces: list[Piece], best: int, weighing: Weighing) -> list[tuple[int, int]]:
    """What to send: the section that meets the question by far the best, else the beginning and the steps."""
    sections = _sections(pieces)
    steps = _steps(passage, pieces, sections)
    if not steps and len(sections) == 1 and not any(piece.kind in {"item", "row"} for piece in pieces):
        return [_around(pieces, best, 0, len(pieces) - 1)]
    plain = [sections[0], *([steps] if steps and steps != sections[0] else [])]
    finest = max(sections, key=lambda section: (_meets(passage, pieces, [section], weighing), -section[0]))
    gain = _meets(passage, pieces, [finest], weighing) - _meets(passage, pieces, plain, weighing)
    if finest not in plain and gain >= SECTION_GAIN:
        return [_around(pieces, best if finest[0] <= best <= finest[1] else finest[0], *finest)]
    if not steps:
        return [_around(pieces, best if best <= sections[0][1] else 0, *sections[0])]
    whole = [(pieces[first].start, pieces[last].end) for first, last in plain]
    if sum(end - start for start, end in whole) <= LONGEST:
        return whole
    return [(pieces[steps[0]].start, _fitting(pieces, *steps))]


def _sections(pieces: list[Piece]) -> list[tuple[int, int]]:
    """The first and last piece of each part between headings; the first one may have none."""
    starts = sorted({0, *(n for n, piece in enumerate(pieces) if piece.kind == "heading")})
    return [(start, end - 1) for start, end in pairwise([*starts, len(pieces)])]


def _steps(passage: Passage, pieces: list[Piece], sections: list[tuple[int, int]]) -> tuple[int, int] | None:
    """The first section with numbered steps."""
    numbered = [n for n, piece in enumerate(pieces) if _STEP.match(passage.text[piece.start : piece.end])]
    return next((s for s in sections if sum(s[0] <= n <= s[1] for n in numbered) > 1), None)


def _meets(passage: Passage, pieces: list[Piece], sections: Sequence[tuple[int, int]], weighing: Weighing) -> float:
    """The share of the question's words that sections hold; a heading's words, and pairs of them, count again."""
    inside = [pieces[n] for first, last in sections for n in range(first, last + 1)]
    headings = " ".join(passage.text[p.start : p.end] for p in inside if p.kind == "heading")
    afterwards = FALLBACK_SHARE if _FALLBACK.search(fold(headings)) else 1.0
    body = " ".join(passage.text[p.start : p.end] for p in inside)
    same_pair = bool(weighing.pairs & set(pairwise(words(headings))))
    return afterwards * _met(body, weighing) + weighing.covered(headings) + PAIR_GAIN * same_pair


def _around(pieces: list[Piece], best: int, first: int, last: int) -> tuple[int, int]:
    """A whole section or list that fits; of prose the best sentence and one either side."""
    has_list = any(pieces[n].kind in {"item", "row", "heading"} for n in range(first, last + 1))
    if has_list and pieces[last].end - pieces[first].start <= LONGEST:
        return pieces[first].start, pieces[last].end
    first, last = _section(pieces, best)
    if not has_list and pieces[best].kind == "sentence":
        first, last = max(first, best - 1), min(last, best + 1)
    return pieces[first].start, _fitting(pieces, first, last)


def _section(pieces: list[Piece], best: int) -> tuple[int, int]:
    """From the heading above (or the start) to the piece before the next heading."""
    first = next((n for n in range(best, -1, -1) if pieces[n].kind == "heading"), 0)
    last = next(
        (n - 1 for n in range(max(best, first) + 1, len(pieces)) if pieces[n].kind == "heading"), len(pieces) - 1
    )
    items = [n for n in range(first, last + 1) if pieces[n].kind in {"item", "row"}]
    if pieces[last].end - pieces[first].start > LONGEST and pieces[best].kind in {"item", "row"} and items:
        run = best
        while run - 1 in items:
            run -= 1
        first = max(first, run - 1)
    return first, max(first, last)


def _fitting(pieces: list[Piece], first: int, last: int) -> int:
    """The end of the last piece that still fits; of one endless sentence as much as fits."""
    start = pieces[first].start
    ends = [piece.end for piece in pieces[first : last + 1] if piece.end - start <= LONGEST]
    return ends[-1] if ends else start + LONGEST
