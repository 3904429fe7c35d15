"""How well "does an article apply?" is judged: as shipped and as learned, beside what was expected."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from sklearn.metrics import roc_auc_score

from eval.judged import JudgedSet, Query
from retrieval.applies import Evidence, Thresholds
from retrieval.build import build
from retrieval.calibrating import MIX, Kind
from retrieval.calibration import Mode, Rates, as_shipped
from retrieval.embedder import Embedder
from retrieval.ranking import Reader, rank
from retrieval.shelf import Library, open_library

BINS = 10  # of the calibration error
Numbers = NDArray[np.float64]
Chance = Callable[[Evidence], float]


@dataclass(frozen=True, slots=True)
class Judged:
    """One way to judge. Areas under the curve against the article hidden and foreign questions; shares at thresholds.

    `error`: expected calibration error, at the mix of questions that the rehearsal assumes.
    """

    against_removed: float
    against_foreign: float
    error: float
    answered: tuple[float, float, float, float]  # article there; there and another one first; hidden; foreign
    offered: tuple[float, float, float, float]  # the same from the offer threshold on


@dataclass(frozen=True, slots=True)
class Verdict:
    """Both ways, what was expected of the second, and how many questions told it."""

    shipped: Judged
    learned: Judged
    expected: tuple[Rates, Rates]  # at the answer and at the offer threshold
    questions: int
    foreign: int


@dataclass(frozen=True, slots=True)
class _Asked:
    right: list[Evidence | None]
    beaten: list[Evidence | None]
    removed: list[Evidence | None]
    foreign: list[Evidence | None]


def judge(judged: JudgedSet, foreign: Sequence[Query], directory: Path, embedder: Embedder | None) -> Verdict:
    """Index the documents below `directory`; ask each question with and without its documents, and the foreign ones."""
    revision = build(judged.articles, directory, embedder).revision
    with closing(open_library(directory / revision, embedder)) as library:
        asked = _ask(library, judged, foreign)
        shipped = as_shipped(library.manifest.embedder)
        usual: Mode = library.calibration.usual
        thresholds = Thresholds()
        return Verdict(
            shipped=_judged(asked, shipped.chance),
            learned=_judged(asked, library.calibration.chance),
            expected=(usual.rates(thresholds.answer), usual.rates(thresholds.offer)),
            questions=len(judged.queries),
            foreign=len(foreign),
        )


def _ask(library: Library, judged: JudgedSet, foreign: Iterable[Query]) -> _Asked:
    asked = _Asked([], [], [], [])
    for query in judged.queries:
        gold = {document for document, grade in judged.judgements[query.id].items() if grade > 0}
        first, evidence = _first(library, query, frozenset())
        (asked.right if first in gold else asked.beaten).append(evidence)
        asked.removed.append(_first(library, query, frozenset(gold))[1])
    asked.foreign.extend(_first(library, query, frozenset())[1] for query in foreign)
    return asked


def _first(library: Library, query: Query, hidden: frozenset[str]) -> tuple[str, Evidence | None]:
    keys = frozenset(f"{article}@{language}" for article in hidden for language in library.shelves)
    hits, evidence = rank(library, query.text, Reader(query.language, frozenset(), keys), 1)
    return (hits[0].card.id if hits else ""), evidence


def _judged(asked: _Asked, chance: Chance) -> Judged:
    right, beaten, removed, foreign = (
        np.array([chance(e) if e else 0.0 for e in kind])
        for kind in (asked.right, asked.beaten, asked.removed, asked.foreign)
    )
    present, limits = np.concatenate([right, beaten]), Thresholds()

    def reach(limit: float) -> tuple[float, float, float, float]:
        wrong = float((beaten >= limit).sum() / len(present))
        return _share(present, limit), wrong, _share(removed, limit), _share(foreign, limit)

    return Judged(
        against_removed=_area(present, removed),
        against_foreign=_area(present, foreign),
        error=_error(right, beaten, removed, foreign),
        answered=reach(limits.answer),
        offered=reach(limits.offer),
    )


def _share(chances: Numbers, limit: float) -> float:
    return float((chances >= limit).mean()) if len(chances) else 0.0


def _area(good: Numbers, bad: Numbers) -> float:
    truth = np.repeat([1, 0], [len(good), len(bad)])
    return float(roc_auc_score(truth, np.concatenate([good, bad]))) if len(good) and len(bad) else float("nan")


def _error(right: Numbers, beaten: Numbers, removed: Numbers, foreign: Numbers) -> float:
    """How far probabilities are from the share that is right, over bins of equal width."""
    present = len(right) + len(beaten)
    groups: tuple[tuple[Numbers, float, int, Kind], ...] = (
        (right, 1.0, present, "right"),
        (beaten, 0.0, present, "beaten"),
        (removed, 0.0, len(removed), "removed"),
        (foreign, 0.0, len(foreign), "foreign"),
    )
    chances = np.concatenate([group for group, *_ in groups])
    truth = np.concatenate([np.full(len(group), value) for group, value, *_ in groups])
    weights = np.concatenate([np.full(len(group), MIX[kind] / max(count, 1)) for group, _, count, kind in groups])
    places = np.minimum((chances * BINS).astype(int), BINS - 1)
    gaps = np.bincount(places, weights * (chances - truth), BINS)
    return float(np.abs(gaps).sum() / weights.sum())


def as_table(verdict: Verdict) -> Table:
    """Both ways side by side, and what was expected of the second."""
    table = Table("", "As shipped", "As learned", "As expected", box=None, pad_edge=False)
    ways = (verdict.shipped, verdict.learned)
    table.add_row("AUROC, article hidden", *(f"{way.against_removed:.3f}" for way in ways))
    table.add_row("AUROC, foreign", *(f"{way.against_foreign:.3f}" for way in ways))
    table.add_row("Calibration error", *(f"{way.error:.3f}" for way in ways))
    for words, name, rates in zip(
        ("answered", "offered or more"), ("answered", "offered"), verdict.expected, strict=True
    ):
        expected = (rates.found, rates.wrong, rates.removed, rates.foreign)
        kinds = ("article there", "another one first", "article hidden", "foreign")
        for place, kind in enumerate(kinds):
            shares = [f"{getattr(way, name)[place]:.2f}" for way in ways]
            table.add_row(f"{kind}: {words}", *shares, f"{expected[place].share:.2f}")
    table.caption = f"{verdict.questions} questions, with and without their articles; {verdict.foreign} foreign ones"
    return table
