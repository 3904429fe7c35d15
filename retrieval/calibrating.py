"""Rehearses a finished index with questions whose answer is known, and learns from it when to trust itself.

Each question made of an article is asked twice: as it is, and with that article hidden. Those of other worlds are asked
once. What comes of it scales the shipped probabilities for this knowledge base (Platt's way, with priors strong enough
that a small or strange one cannot go wild) and tells the manager how often an answer will be wrong or missing.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, stdev
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from retrieval.applies import Evidence
from retrieval.calibration import Calibration, Cosines, Mode, Samples, Scale, as_shipped, write_calibration
from retrieval.embedder import Embedder, MiniLM, Vectors
from retrieval.made_questions import MadeQuestion, foreign_questions, own_questions
from retrieval.passage import Article
from retrieval.ranking import Reader, rank, told_question
from retrieval.shelf import Library, open_library
from retrieval.words import fold

Kind = Literal["right", "beaten", "removed", "foreign"]
Numbers = NDArray[np.float64]

FEWEST = 20  # articles; below, what is learned is more luck than knowledge and the shipped scale stays
# How often a question to a help desk finds its article there, is of its world but has no article, is of another world.
# An assumption: it only moves the scale by the log of its error, and a manager moves the thresholds.
MIX: Mapping[Kind, float] = {"right": 0.6, "beaten": 0.6, "removed": 0.25, "foreign": 0.15}
WEIGHT = 300  # questions that all of them count as, however many: about what the priors weigh
SLOPE_PRIOR, SHIFT_PRIOR = 0.2, 0.7  # standard deviations around 1 and 0
CLEAR = 3.0  # standard errors between own and foreign cosines, below which a model's nearness tells nothing


@dataclass(frozen=True, slots=True)
class Heard:
    """A question's kind and what the index showed for it; None = nothing at all."""

    kind: Kind
    evidence: Evidence | None


def calibrate(folder: Path, articles: Iterable[Article], embedder: Embedder | None) -> None:
    """Rehearse the revision in `folder`, made of these articles, and leave there what was learned."""
    with closing(open_library(folder, embedder)) as library:
        write_calibration(folder, rehearse(library, articles))


def rehearse(library: Library, articles: Iterable[Article]) -> Calibration:
    """Ask everything and learn from it, by words and, where there are vectors, with them."""
    if sum(len(shelf.cards) for shelf in library.shelves.values()) < FEWEST:
        return as_shipped(library.manifest.embedder)
    own, foreign = own_questions(articles), foreign_questions()
    words = _learn(_ask_all(replace(library, vectors=None, embedder=None), own, foreign))
    if library.embedder is None or library.vectors is None:
        return Calibration(words=words)
    asked = [told_question(library, question.text, question.language).text for question in (*own, *foreign)]
    known = Known(library.embedder, asked)
    heard = _ask_all(replace(library, embedder=known), own, foreign)
    if known.id == MiniLM.id:
        return Calibration(words=words, vectors=_learn(heard))
    cosines = _cosines(heard)
    return Calibration(words=words, vectors=_learn(heard, cosines) if cosines else None)


class Known:
    """An embedder that has read these texts, many at a time, and knows no other."""

    def __init__(self, embedder: Embedder, texts: Sequence[str]) -> None:
        self.id, self.dimension = embedder.id, embedder.dimension
        self._vectors = dict(zip(texts, embedder.embed(texts), strict=True))

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Their vectors."""
        return np.stack([self._vectors[text] for text in texts])


def _ask_all(library: Library, own: Sequence[MadeQuestion], foreign: Sequence[MadeQuestion]) -> list[Heard]:
    twins, groups = _twins(library), _all_groups(library)

    def ask(question: MadeQuestion, hidden: frozenset[str] = frozenset()) -> tuple[str, Evidence | None]:
        keys = frozenset(f"{article}@{language}" for article in hidden for language in library.shelves)
        hits, evidence = rank(library, question.text, Reader(question.language, groups, keys), 1)
        return (hits[0].card.id if hits else ""), evidence

    heard = []
    for question in own:
        same = twins[question.article]
        first, evidence = ask(question)
        heard.append(Heard("right" if first in same else "beaten", evidence))
        heard.append(Heard("removed", ask(question, same)[1]))
    return heard + [Heard("foreign", ask(question)[1]) for question in foreign]


def _all_groups(library: Library) -> frozenset[str]:
    audiences = (card.audience for shelf in library.shelves.values() for card in shelf.audiences)
    return frozenset(group for audience in audiences for group in audience)


def _twins(library: Library) -> dict[str, frozenset[str]]:
    """Article ids to those of the same title: whichever comes first, nobody can tell it is the wrong one."""
    named: dict[str, set[str]] = {}
    cards = [card for shelf in library.shelves.values() for card in shelf.cards]
    for card in cards:
        named.setdefault(fold(card.title) or card.id, set()).add(card.id)
    twins: dict[str, frozenset[str]] = {}
    for card in cards:
        twins[card.id] = twins.get(card.id, frozenset()) | named[fold(card.title) or card.id]
    return twins


def _cosines(heard: Sequence[Heard]) -> Cosines | None:
    """Where an unknown model puts own and foreign questions; None when it can hardly tell them apart."""
    own, foreign = (
        [item.evidence.cosine for item in heard if item.kind == kind and item.evidence and item.evidence.cosine]
        for kind in ("right", "foreign")
    )
    if len(own) < FEWEST or len(foreign) < FEWEST:
        return None
    error = (stdev(own) ** 2 / len(own) + stdev(foreign) ** 2 / len(foreign)) ** 0.5
    near, far = fmean(own), fmean(foreign)
    return Cosines(foreign=far, own=near) if near - far > CLEAR * error else None


def _learn(heard: Sequence[Heard], cosines: Cosines | None = None) -> Mode:
    """The scale, and the probabilities it gives these questions."""
    mode = Mode(cosines=cosines)
    told = [(item.kind, mode.odds(item.evidence)) for item in heard if item.evidence and not item.evidence.is_void]
    if sum(kind in {"right", "beaten"} for kind, _ in told) >= FEWEST:
        mode = mode.model_copy(update={"scale": fit_scale(told)})
    chances: dict[Kind, list[float]] = {"right": [], "beaten": [], "removed": [], "foreign": []}
    for item in heard:
        chances[item.kind].append(round(mode.chance(item.evidence), 4) if item.evidence else 0.0)
    samples = Samples(**{kind: tuple(sorted(values, reverse=True)) for kind, values in chances.items()})
    return mode.model_copy(update={"samples": samples})


def fit_scale(told: Sequence[tuple[Kind, float]]) -> Scale:
    """The likeliest slope and shift."""
    from scipy.optimize import minimize  # noqa: PLC0415 -- half a second that the many small bases do not need
    from scipy.special import expit  # noqa: PLC0415 -- as above

    kinds = [kind for kind, _ in told]
    present = sum(kind in {"right", "beaten"} for kind in kinds)
    count = {"right": present, "beaten": present, "removed": kinds.count("removed"), "foreign": kinds.count("foreign")}
    shares = np.array([MIX[kind] / count[kind] for kind in kinds])
    weights = shares / shares.sum() * min(WEIGHT, len(told))
    odds = np.array([[value, 1.0] for _, value in told])
    truth = np.array([kind == "right" for kind in kinds], float)
    prior, spread = np.array([1.0, 0.0]), np.array([SLOPE_PRIOR, SHIFT_PRIOR])

    def loss(at: Numbers) -> tuple[float, Numbers]:
        scaled, away = odds @ at, (at - prior) / spread
        surprise = weights @ (np.logaddexp(0, scaled) - truth * scaled)
        return float(surprise + away @ away / 2), odds.T @ (weights * (expit(scaled) - truth)) + away / spread

    slope, shift = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=((0.1, None), (None, None))).x
    return Scale(slope=float(slope), shift=float(shift))
