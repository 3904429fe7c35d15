"""The articles found for a question beside those that answer it, and whether "an article applies" was right."""

import ir_measures
from ir_measures import RR, R, Success, nDCG

from eval.cases.retrieval import RetrievalCase
from eval.record import Score
from retrieval.passage import Retrieval

DEPTH = 10
MEASURES = {
    "nDCG@10": nDCG @ 10, "MRR@10": RR @ 10, "R@1": R @ 1, "R@3": R @ 3, "R@5": R @ 5, "hit@5": Success @ 5,
}  # fmt: skip


def scores(case: RetrievalCase, found: Retrieval) -> tuple[Score, ...]:
    """Ranking (where something is relevant), band, and that nothing forbidden was found."""
    ranked = list(dict.fromkeys(passage.article_id for passage in found.passages))[:DEPTH]
    told = [_band(case, found), _forbidden(case, ranked)]
    if case.relevant:
        told.append(_ranking(case, ranked))
    return tuple(told)


def _ranking(case: RetrievalCase, ranked: list[str]) -> Score:
    qrels = [ir_measures.Qrel(case.id, article, case.grades.get(article, 1)) for article in case.relevant]
    run = [ir_measures.ScoredDoc(case.id, article, 1.0 / place) for place, article in enumerate(ranked, start=1)]
    measured = ir_measures.calc_aggregate(
        list(MEASURES.values()), qrels, run or [ir_measures.ScoredDoc(case.id, "-", 0.0)]
    )
    facts = {name: float(measured[measure]) for name, measure in MEASURES.items()}
    hit = facts["hit@5"] > 0
    details = () if hit else (f"found {', '.join(ranked[:5]) or 'nothing'}, not {' or '.join(case.relevant)}",)
    return Score(scorer="ranking", passed=hit, value=facts["nDCG@10"], details=details, facts=facts)


def _band(case: RetrievalCase, found: Retrieval) -> Score:
    """Where nothing is relevant an answer is false; where something is, "none" is a miss."""
    allowed = case.band or (("answer", "offer") if case.relevant else ("offer", "none"))
    right = found.band in allowed
    details = () if right else (f"band is {found.band} ({found.probability:.2f}), not {' or '.join(allowed)}",)
    top = found.passages[0].article_id if found.passages else ""
    facts = {
        "probability": found.probability,
        "band": found.band,
        "applies": bool(case.relevant),
        "right": top in case.relevant,
    }
    return Score(scorer="band", passed=right, value=float(right), details=details, facts=facts)


def _forbidden(case: RetrievalCase, ranked: list[str]) -> Score:
    shown = [article for article in ranked if article in case.forbidden]
    details = tuple(f"{article} was found, which is not open to {case.groups or 'everybody'}" for article in shown)
    return Score(scorer="forbidden", passed=not shown, value=float(not shown), details=details)
