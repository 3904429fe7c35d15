"""Rates against thresholds as the lines of a drawing; the numbers themselves stand in a table beneath it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retrieval.applies import Thresholds
from retrieval.calibration import Rate, Rates

WIDTH, HEIGHT = 640, 240  # user units of the drawing's plane
LEFT, TOP = 44, 12  # room for the numbers beside it and above


@dataclass(frozen=True, slots=True)
class Line:
    """One rate: its name, its path, and the band of its 95 % interval as a closed path."""

    name: str
    path: str
    band: str


@dataclass(frozen=True, slots=True)
class Curve:
    """Lines, where the thresholds stand, and the rows of the table."""

    lines: tuple[Line, ...]
    answer_x: float
    offer_x: float
    rows: tuple[Rates, ...]


LINES: tuple[tuple[str, Callable[[Rates], Rate]], ...] = (
    ("missed", lambda rates: rates.missed),
    ("removed", lambda rates: rates.removed),
    ("foreign", lambda rates: rates.foreign),
)


def curve_of(curve: Sequence[Rates], thresholds: Thresholds) -> Curve:
    """Draw them."""
    lines = tuple(_line(name, curve, rate) for name, rate in LINES)
    return Curve(lines, _x(thresholds.answer), _x(thresholds.offer), tuple(curve))


def _line(name: str, curve: Sequence[Rates], rate: Callable[[Rates], Rate]) -> Line:
    points = [(_x(rates.threshold), rate(rates)) for rates in curve]
    above = [f"{x:.1f} {_y(each.high):.1f}" for x, each in points]
    below = [f"{x:.1f} {_y(each.low):.1f}" for x, each in reversed(points)]
    path = " L".join(f"{x:.1f} {_y(each.share):.1f}" for x, each in points)
    return Line(name, f"M{path}", f"M{' L'.join((*above, *below))}Z")


def _x(threshold: float) -> float:
    return LEFT + threshold * WIDTH


def _y(share: float) -> float:
    return TOP + (1 - share) * HEIGHT
