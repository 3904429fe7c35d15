"""How well questions find their articles: the knowledge base as it ships beside plain BM25, in one run."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ir_measures
import numpy as np
from bm25s import BM25
from ir_measures import RR, R, Success, nDCG

from eval.judged import JudgedSet, Query
from retrieval.build import build
from retrieval.embedder import Embedder
from retrieval.knowledge import KnowledgeBase
from retrieval.passage import Language
from retrieval.revision import swap
from retrieval.words import snowball, words

MEASURES = {
    "nDCG@10": nDCG @ 10,
    "MRR@10": RR @ 10,
    "R@1": R @ 1,
    "R@3": R @ 3,
    "R@5": R @ 5,
    "hit@5": Success @ 5,  # at least one good article among the five that an employee may be offered
}
DEPTH = 10  # articles judged
RESAMPLES = 2000  # of the bootstrap
SEED = 7

Progress = Callable[[str, int, int], None]  # what is under way, done, in all
Rank = Callable[[Query], list[str]]  # document ids, best first
Interval = tuple[float, float, float]  # mean, then the 95 % interval


@dataclass(frozen=True, slots=True)
class Run:
    """One system's measures with their intervals, by question too, and its time."""

    name: str
    measures: dict[str, Interval]
    by_query: dict[str, dict[str, float]]  # measure -> question -> value
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """`gain`: ours minus BM25 on the same questions, nDCG@10."""

    documents: int
    queries: int
    runs: tuple[Run, Run]
    gain: Interval

    def as_json(self) -> dict[str, Any]:
        """What `--json` writes: no question's text, only numbers."""
        return {
            "documents": self.documents,
            "queries": self.queries,
            "gain_ndcg10": self.gain,
            "runs": [
                {"name": run.name, "measures": run.measures, "p50_ms": run.p50_ms, "p95_ms": run.p95_ms}
                for run in self.runs
            ],
        }


def evaluate(judged: JudgedSet, directory: Path, embedder: Embedder | None, progress: Progress) -> Report:
    """Index the documents below `directory` and put every question to both systems."""
    built = build(judged.articles, directory, embedder, progress)
    swap(directory, built.revision)
    plain = _run("BM25", _bm25(judged), judged, progress)
    base = KnowledgeBase.open(directory, embedder)
    try:
        ours = _run("Recado, words and vectors" if embedder else "Recado, words", _ours(base), judged, progress)
    finally:
        base.close()
    differences = [ours.by_query["nDCG@10"][query.id] - plain.by_query["nDCG@10"][query.id] for query in judged.queries]
    return Report(len(judged.articles), len(judged.queries), (plain, ours), interval(differences))


def interval(values: Sequence[float]) -> Interval:
    """The mean and its 95 % interval, by resampling the questions with a fixed seed."""
    sample = np.asarray(values, np.float64)
    chosen = np.random.default_rng(SEED).integers(0, len(sample), (RESAMPLES, len(sample)))
    low, high = np.percentile(sample[chosen].mean(axis=1), (2.5, 97.5))
    return float(sample.mean()), float(low), float(high)


def _run(name: str, rank: Rank, judged: JudgedSet, progress: Progress) -> Run:
    found: list[ir_measures.ScoredDoc] = []
    times: list[float] = []
    rank(judged.queries[0])  # the first one pays for opening files
    for number, query in enumerate(judged.queries, start=1):
        started = time.perf_counter()
        ranked = rank(query)
        times.append((time.perf_counter() - started) * 1000)
        found += [ir_measures.ScoredDoc(query.id, key, 1.0 / place) for place, key in enumerate(ranked, start=1)]
        progress(name, number, len(judged.queries))
    by_query = _measured(judged, found)
    measures = {measure: interval(list(values.values())) for measure, values in by_query.items()}
    p50, p95 = np.percentile(times, (50, 95))
    return Run(name, measures, by_query, float(p50), float(p95))


def _measured(judged: JudgedSet, found: list[ir_measures.ScoredDoc]) -> dict[str, dict[str, float]]:
    """Every measure of every question; one for which nothing was found counts 0."""
    by_query = {name: {query.id: 0.0 for query in judged.queries} for name in MEASURES}
    names = {measure: name for name, measure in MEASURES.items()}
    qrels = [
        ir_measures.Qrel(query.id, document, grade)
        for query in judged.queries
        for document, grade in judged.judgements[query.id].items()
    ]
    for metric in ir_measures.iter_calc(list(MEASURES.values()), qrels, found):
        by_query[names[metric.measure]][metric.query_id] = float(metric.value)
    return by_query


def _ours(base: KnowledgeBase) -> Rank:
    """What an employee gets; the best article may give two passages."""

    def rank(query: Query) -> list[str]:
        found = asyncio.run(base.search(query.text, query.language, limit=DEPTH + 1))
        return list(dict.fromkeys(passage.article_id for passage in found.passages))[:DEPTH]

    return rank


def _bm25(judged: JudgedSet) -> Rank:
    """Lucene's BM25 (k1 1.5, b .75) over title and body: folded Snowball stems of the commonest article language."""
    languages = Counter(article.language for article in judged.articles)
    common: Language = languages.most_common(1)[0][0]
    index = BM25(k1=1.5, b=0.75, method="lucene", auto_compile=False)
    texts = (f"{article.title}\n{article.body}" for article in judged.articles)
    index.index([snowball(words(text), common) for text in texts], show_progress=False)

    def rank(query: Query) -> list[str]:
        terms = [term for term in snowball(words(query.text), common) if term in index.vocab_dict]
        if not terms:
            return []
        scores = index.get_scores(terms)
        best = np.argsort(-scores, kind="stable")[: DEPTH * len(languages)]
        found = (judged.articles[place].id for place in best if scores[place] > 0)
        return list(dict.fromkeys(found))[:DEPTH]  # an article in several languages counts once

    return rank
