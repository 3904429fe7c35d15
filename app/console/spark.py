"""A small drawing of how many there were day by day: bars, the last week in another colour."""

from collections.abc import Sequence
from dataclasses import dataclass

STEP, BAR, HEIGHT = 5, 3.6, 26  # user units of the drawing's plane: from bar to bar, a bar's width, the tallest bar
RECENT = 7  # days


@dataclass(frozen=True, slots=True)
class Bar:
    """One day."""

    x: float
    y: float
    height: float
    is_recent: bool


@dataclass(frozen=True, slots=True)
class Spark:
    """The bars of days with anything, on a plane of this size."""

    width: float
    height: float
    bars: tuple[Bar, ...]


def spark(days: Sequence[int]) -> Spark:
    """Draw the days, the newest last; a day with one is seen beside a day with hundreds."""
    most = max(days, default=0)
    bars = []
    for place, count in enumerate(days):
        if count:
            height = max(round(count / most * HEIGHT, 1), 3.0)
            x = round(place * STEP, 1)
            bars.append(Bar(x, round(HEIGHT - height, 1), height, is_recent=place >= len(days) - RECENT))
    return Spark(len(days) * STEP, HEIGHT, tuple(bars))
