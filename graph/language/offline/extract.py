"""Answers taken word for word: the best sentence by idf-weighted overlap, with the list or section it stands in."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import Stemmer
from rapidfuzz import fuzz, process

from graph.language.offline.clauses import content
from graph.language.offline.whatsapp import to_whatsapp
from graph.language.port import Quote
from retrieval.passage import Language, Passage

Verdict = Literal["answered", "partial", "not_in_sources"]

LONGEST = 900  # characters of an answer: about a phone screen
MISSPELT = 5  # letters: shorter words are too near one another to guess
RANK_COST = 0.05  # what a passage loses for each one that retrieval put before it
SAME_WORD = 82  # rapidfuzz ratio: a typo or two in a word of ten letters
COVERED = 0.3  # share of the question's weight that the passage must hold
WELL_COVERED = 0.6
SNOWBALL: dict[Language, str] = {"pt-BR": "portuguese", "es": "spanish", "en": "english"}
_ITEM = re.compile(r"^\s*(?:[-*+•]|\d{1,2}[.)])\s+")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s")
_SENTENCE = re.compile(r"[^.!?…]+(?:[.!?…]+(?=\s|$)|[.!?…]+|$)", re.DOTALL)


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
    best = max(range(len(readable)), key=lambda n: (covered[n] + pieces_best[n][0] - RANK_COST * n, -n))
    passage, pieces = readable[best]
    foreign = passage.language != language
    met = max(covered[best], _met(_context(passage), weighing))
    if met < COVERED and not foreign:
        return "", "not_in_sources", ()
    start, end = _region(passage, pieces, pieces_best[best][1])
    text = to_whatsapp(passage.text[start:end])
    if not text:
        return "", "not_in_sources", ()
    verdict: Verdict = "answered" if met >= WELL_COVERED or foreign else "partial"
    return text, verdict, (Quote(passage_id=passage.id, text=passage.text[start:end]),)


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

    stemmer: Any
    weights: dict[str, float]

    def stems(self, text: str) -> list[str]:
        """Snowball stems of the words with a subject."""
        found: list[str] = self.stemmer.stemWords(content(text))
        return found

    def covered(self, text: str) -> float:
        """The share of the question's weight found in a text: what tells sentences apart."""
        held = set(self.stems(text))
        total = sum(self.weights.values())
        return sum(weight for stem, weight in self.weights.items() if stem in held) / total if total else 0.0


def _met(text: str, weighing: Weighing) -> float:
    """The share of the question's words found in a text; by rarity one synonym would condemn a passage."""
    held = set(weighing.stems(text))
    return sum(stem in held for stem in weighing.weights) / len(weighing.weights) if weighing.weights else 0.0


def _weigh(question: str, readable: Sequence[tuple[Passage, list[Piece]]]) -> Weighing:
    """The question's stems with their rarity; a misspelt word counts as the passage word it is nearest to."""
    plain = Weighing(Stemmer.Stemmer(SNOWBALL[readable[0][0].language]), {})
    sentences = [set(plain.stems(passage.text[p.start : p.end])) for passage, pieces in readable for p in pieces]
    sentences += [set(plain.stems(f"{passage.title} {passage.heading}")) for passage, _ in readable]
    frequency = Counter(stem for sentence in sentences for stem in sentence)
    known = sorted({word for passage, _ in readable for word in content(_context(passage))})
    for word in content(question[:1000]):
        stem = plain.stems(word)[0]
        if stem not in frequency and len(word) >= MISSPELT:
            nearest = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=SAME_WORD)
            stem = plain.stems(nearest[0])[0] if nearest else stem
        plain.weights[stem] = math.log(1 + (len(sentences) + 1) / (frequency[stem] + 0.5))
    return plain


def _best_piece(readable: tuple[Passage, list[Piece]], weighing: Weighing) -> tuple[float, int]:
    """Score and number of the piece that holds most of the question."""
    passage, pieces = readable
    scores = [weighing.covered(passage.text[p.start : p.end]) for p in pieces]
    best = max(range(len(pieces)), key=lambda n: (scores[n], -n))
    return scores[best], best


def _region(passage: Passage, pieces: list[Piece], best: int) -> tuple[int, int]:
    """What to send around the best piece: whole section, whole list, or one sentence either side."""
    whole = pieces[0].start, pieces[-1].end
    listed = any(piece.kind in {"item", "row"} for piece in pieces)
    if (passage.heading or listed) and whole[1] - whole[0] <= LONGEST:
        return whole
    first, last = _section(pieces, best)
    has_list = any(pieces[n].kind in {"item", "row"} for n in range(first, last + 1))
    if not has_list and pieces[best].kind == "sentence":
        first, last = max(first, best - 1), min(last, best + 1)
        if pieces[first].kind == "heading" and first < best - 1:
            first = best - 1
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
    """The end of the last piece that still fits; of one endless sentence the first 900 characters."""
    start = pieces[first].start
    ends = [piece.end for piece in pieces[first : last + 1] if piece.end - start <= LONGEST]
    return ends[-1] if ends else start + LONGEST
