"""What answering from another threshold would do: questions answered rightly, beside answers where nothing applies."""

from collections.abc import Iterable
from dataclasses import dataclass

from eval.labels import Calibration, calibrate
from eval.record import Row

STEPS = 20  # thresholds 0, 0.05 … 1


@dataclass(frozen=True, slots=True)
class Point:
    """Answering from this probability on: shares of the questions that an article answers, and of the others."""

    threshold: float
    right: float  # answered, the article that applies first
    wrong: float  # answered, another article first
    false: float  # answered though nothing applies


@dataclass(frozen=True, slots=True)
class Abstention:
    """The whole curve, and how true the probability is."""

    answerable: int
    others: int
    points: tuple[Point, ...]
    calibration: Calibration


def abstention(rows: Iterable[Row]) -> Abstention | None:
    """Of a run's retrieval cases; None without any."""
    facts = [score.facts for row in rows if row.verdict != "error" and (score := row.score("band"))]
    if not facts:
        return None
    told = [(float(f["probability"]), bool(f["applies"]), bool(f["right"])) for f in facts]
    answerable, others = [t for t in told if t[1]], [t for t in told if not t[1]]
    points = tuple(_point(step / STEPS, answerable, others) for step in range(STEPS + 1))
    truth = calibrate((probability, applies and right) for probability, applies, right in told)
    return Abstention(len(answerable), len(others), points, truth)


def _point(
    threshold: float, answerable: list[tuple[float, bool, bool]], others: list[tuple[float, bool, bool]]
) -> Point:
    def share(of: list[tuple[float, bool, bool]], *, right: bool) -> float:
        return sum(p >= threshold and r is right for p, _, r in of) / len(of) if of else 0.0

    return Point(threshold, share(answerable, right=True), share(answerable, right=False), share(others, right=False))
