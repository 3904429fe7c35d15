"""Questions about one thing brought together, whatever language and spelling they came in; knows no SQL."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_matrix, csr_matrix, diags, hstack
from scipy.spatial.distance import squareform

from retrieval.cognates import kin
from retrieval.colloquial import FUNCTION_WORDS
from retrieval.embedder import Embedder, EmbedderUnavailableError
from retrieval.gist import Gist, Said, gists
from retrieval.passage import Language
from retrieval.words import fold, stem
from retrieval.words import words as words_of

SHARES = (0.45, 0.2, 0.35)  # of concepts, letters and vectors in the nearness of two questions
ALIKE = 0.75  # nearness by words from which two questions are one before anything else is compared
TOGETHER, TOGETHER_BY_WORDS = 0.26, 0.15  # mean nearness from which two groups are about one thing
GROUPS = 2_000  # compared each with each: 16 MB and a second; the lightest of more join the nearest
ROWS = 500  # compared with all others at once
COMMON = 0.25  # share of the questions above which a word tells them apart no more, once there are MANY
MANY = 200
NAMED = 4  # words of a name
TELLING = 0.35  # of the weight of the most telling word


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions about one thing, by their positions, the most typical first; and the words that tell it."""

    members: tuple[int, ...]
    words: tuple[str, ...]


def cluster(questions: Sequence[Said], embedder: Embedder | None = None) -> list[Cluster]:
    """Bring questions together, the largest cluster first; the same questions give the same clusters.

    20,000 take seconds: those alike by words are one group first (sparse products, `ROWS` at a time), then at most
    `GROUPS` groups are compared each with each, and only their most typical questions are read by the model.
    """
    if not questions:
        return []
    readings = gists(questions)
    concepts, names = _matrix([reading.concepts for reading in readings])
    pieces, _ = _matrix([reading.pieces for reading in readings])
    words = _joined((concepts, SHARES[0]), (pieces, SHARES[1]))
    leaders = _leaders(words)
    labels = _merge(words, leaders, readings, embedder)
    return _described(labels, words, concepts, names, readings)


def _matrix(rows: Sequence[dict[str, float]]) -> tuple[csr_matrix, list[str]]:
    """One row of length 1 for each question, rare terms counting more."""
    frequency = Counter(term for row in rows for term in row)
    most = len(rows) * COMMON if len(rows) >= MANY else len(rows)
    names = sorted(term for term, times in frequency.items() if times <= most)
    places = {term: place for place, term in enumerate(names)}
    lines = [sorted((places[term], weight) for term, weight in row.items() if term in places) for row in rows]
    starts = np.cumsum([0, *map(len, lines)])
    columns = [place for line in lines for place, _ in line]
    rarity = [1 + np.log((1 + len(rows)) / (1 + frequency[name])) for name in names]
    weights = [weight * rarity[place] for line in lines for place, weight in line]
    matrix = csr_matrix((np.asarray(weights, np.float32), columns, starts), shape=(len(rows), len(names)))
    return _unit(matrix), names


def _unit(matrix: csr_matrix) -> csr_matrix:
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return csr_matrix(diags(1 / np.where(lengths > 0, lengths, 1)) @ matrix)


def _joined(*parts: tuple[csr_matrix, float]) -> csr_matrix:
    """Side by side, so that a product of two rows is the mean of their nearness in each, by its share."""
    whole = sum(share for _, share in parts)
    return csr_matrix(hstack([matrix * (share / whole) ** 0.5 for matrix, share in parts]))


def _leaders(words: csr_matrix) -> NDArray[np.int64]:
    """For each question the one that stands for it: itself, or an earlier one that is alike."""
    count = words.shape[0]
    leader = np.full(count, -1, np.int64)
    for start in range(0, count, ROWS):
        near = csr_matrix(words[start : start + ROWS] @ words.T)
        for row in range(near.shape[0]):
            if leader[start + row] >= 0:
                continue
            here = slice(near.indptr[row], near.indptr[row + 1])
            alike = near.indices[here][near.data[here] >= ALIKE]
            leader[start + row] = start + row
            leader[alike[leader[alike] < 0]] = start + row
    return leader


def _merge(
    words: csr_matrix, leader: NDArray[np.int64], readings: Sequence[Gist], embedder: Embedder | None
) -> NDArray[np.int64]:
    """A label for each question: groups whose mean nearness is high enough are one."""
    heads, group, sizes = np.unique(leader, return_inverse=True, return_counts=True)
    kept = np.sort(np.lexsort((heads, -sizes))[:GROUPS])
    vectors = _vectors([readings[heads[place]] for place in kept], embedder)
    near = np.asarray((words[heads[kept]] @ words[heads[kept]].T).todense(), np.float32)
    if vectors is not None:
        near = near * (1 - SHARES[2]) + SHARES[2] * (vectors @ vectors.T)
    label_of = np.full(len(heads), -1, np.int64)
    enough = TOGETHER_BY_WORDS if vectors is None else TOGETHER
    label_of[kept] = _agglomerated(near, enough)
    for place in np.setdiff1d(np.arange(len(heads)), kept):
        closest = np.asarray((words[heads[kept]] @ words[heads[place]].T).todense()).ravel()
        best = int(closest.argmax())
        together = closest[best] >= enough
        label_of[place] = label_of[kept[best]] if together else label_of.max() + 1
    return label_of[group]


def _vectors(readings: Sequence[Gist], embedder: Embedder | None) -> NDArray[np.float32] | None:
    """What the questions mean to the model, told word by word in English; None without one, or while it is away."""
    if embedder is None:
        return None
    try:
        vectors = embedder.embed([" ".join(reading.english) or "-" for reading in readings])
    except EmbedderUnavailableError:
        return None
    return np.asarray(vectors, np.float32)


def _agglomerated(near: NDArray[np.float32], enough: float) -> NDArray[np.int64]:
    if len(near) == 1:
        return np.zeros(1, np.int64)
    far = np.clip(1 - near, 0, None)
    np.fill_diagonal(far, 0)
    tree = linkage(squareform((far + far.T) / 2, checks=False), "average")
    return np.asarray(fcluster(tree, 1 - enough, "distance") - 1, np.int64)


def _described(
    labels: NDArray[np.int64], words: csr_matrix, concepts: csr_matrix, names: list[str], readings: Sequence[Gist]
) -> list[Cluster]:
    order = np.argsort(labels, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(labels[order])) + 1)
    found = [_describe(group, words, concepts, names, readings) for group in groups]
    return sorted(found, key=lambda one: (-len(one.members), min(one.members)))


def _describe(
    group: NDArray[np.int64], words: csr_matrix, concepts: csr_matrix, names: list[str], readings: Sequence[Gist]
) -> Cluster:
    centre = np.asarray(words[group].mean(axis=0)).ravel()
    nearness = np.asarray(words[group] @ centre).ravel()
    members = group[np.lexsort((group, -nearness.round(6)))]
    weights = np.asarray(concepts[group].mean(axis=0)).ravel()
    telling = {names[place]: float(weights[place]) for place in np.flatnonzero(weights)}
    return Cluster(tuple(map(int, members)), _telling(telling, [readings[place] for place in members]))


def _telling(weights: dict[str, float], readings: Sequence[Gist]) -> tuple[str, ...]:
    """The words that most of the cluster's weight is in, as most people wrote them, one for each thing meant."""
    written: dict[str, Counter[str]] = {}
    for reading in readings:
        for word, concept in reading.spelled.items():
            written.setdefault(concept, Counter())[word] += 1
    ranked = sorted(written, key=lambda concept: (-weights.get(concept, 0.0), concept))
    best = weights.get(ranked[0], 0.0) if ranked else 0.0
    telling = [concept for concept in ranked if weights.get(concept, 0.0) >= best * TELLING]
    named: dict[str, str] = {}
    for concept in telling:
        word = min(written[concept].items(), key=lambda item: (-item[1], item[0]))[0]
        named.setdefault(kin(fold(word)), word)
    return tuple(named.values())[:NAMED]


def alike_texts(texts: Sequence[str], language: Language, least: float) -> list[tuple[int, int, float]]:
    """Pairs of texts of one language whose words are at least so near, as (one, other, nearness)."""
    idle = FUNCTION_WORDS[language]
    counts = [Counter(stem([word for word in words_of(text) if word not in idle], language)) for text in texts]
    matrix, _ = _matrix([{term: 1 + float(np.log(times)) for term, times in count.items()} for count in counts])
    found: list[tuple[int, int, float]] = []
    for start in range(0, len(texts), ROWS):
        near = coo_matrix(matrix[start : start + ROWS] @ matrix.T)
        chosen = (near.data >= least) & (near.row + start < near.col)
        found += zip(
            (near.row[chosen] + start).tolist(), near.col[chosen].tolist(), near.data[chosen].tolist(), strict=True
        )
    return found
