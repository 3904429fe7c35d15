"""Charts as plain geometry for the template to draw: bars on each other, or lines; a table beneath has the numbers.

The plane is stretched to whatever room there is; words stand beside it as text, so they stay readable on a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10

WIDTH, HEIGHT = 720.0, 200.0  # user units of the plane
GAP = 0.24  # of a day's room, left free between bars
MOST_BARS = 100  # more days are drawn by the week
TICKS = 4  # lines of the grid, about


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers. `style` is its class in reports.css: colour and, beside others, its texture or dashes."""

    name: str  # in the viewer's language
    style: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of one series."""

    x: float
    y: float
    width: float
    height: float
    style: str
    name: str
    value: float
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Line:
    """One series as a path, with its last point."""

    path: str
    style: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Chart:
    """All there is to draw. `ticks` are the grid's values, the largest first; `marks` are days named beneath."""

    series: tuple[Series, ...]
    ticks: tuple[float, ...]
    marks: tuple[date, ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    weekly: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing in it is more than nothing."""
        return not any(any(one.values) for one in self.series)

    def y(self, value: float) -> float:
        """How far down a value is."""
        return _y(value, self.ticks[0])


def stacked(days: Sequence[date], series: Sequence[Series]) -> Chart:
    """A bar a day (a week, when there are many), the series on each other."""
    spans = _spans(days)
    parts = [[sum(one.values[start:end]) for start, end in spans] for one in series]
    top, ticks = _ticks(max((sum(column) for column in zip(*parts, strict=True)), default=0))
    step = WIDTH / max(len(spans), 1)
    bars = []
    for place, (start, end) in enumerate(spans):
        ground = 0.0
        for one, values in zip(series, parts, strict=True):
            if value := values[place]:
                height = value / top * HEIGHT
                x, y = round((place + GAP / 2) * step, 2), round(HEIGHT - ground - height, 2)
                width = round(step * (1 - GAP), 2)
                about = one.style, one.name, value, days[start], days[end - 1]
                bars.append(Bar(x, y, width, round(height, 2), *about))
                ground += height
    return Chart(tuple(series), ticks, _marks(days), bars=tuple(bars), weekly=len(spans) < len(days))


def lines(days: Sequence[date], series: Sequence[Series]) -> Chart:
    """A line a series."""
    top, ticks = _ticks(max((max(one.values, default=0) for one in series), default=0))
    room = max(len(days) - 1, 1)
    drawn = []
    for one in series:
        points = [(round(place * WIDTH / room, 2), round(_y(value, top), 2)) for place, value in enumerate(one.values)]
        if points:
            drawn.append(Line("M" + " L".join(f"{x:g} {y:g}" for x, y in points), one.style, *points[-1]))
    return Chart(tuple(series), ticks, _marks(days), lines=tuple(drawn))


def _y(value: float, top: float) -> float:
    return HEIGHT - value / top * HEIGHT


def _spans(days: Sequence[date]) -> list[tuple[int, int]]:
    """Places of the days of each bar: one, or seven up to the last."""
    if len(days) <= MOST_BARS:
        return [(place, place + 1) for place in range(len(days))]
    ends = range(len(days), 0, -7)
    return [(max(end - 7, 0), end) for end in reversed(ends)]


def _ticks(most: float) -> tuple[float, tuple[float, ...]]:
    """The top of the plane, and round values from there down to nothing."""
    step = _round_up(most / TICKS) if most > 0 else 1.0
    step = max(step, 1.0) if most >= 1 and float(most).is_integer() else step  # counts have no halves
    count = max(ceil(most / step), 1)
    values = tuple(round(step * place, 10) for place in range(count, -1, -1))
    return values[0], values


def _round_up(step: float) -> float:
    """The next of 1, 2 and 5 times a power of ten."""
    power: float = 10.0 ** floor(log10(step))
    return next(times * power for times in (1, 2, 5, 10) if times * power >= step * (1 - 1e-9))


def _marks(days: Sequence[date]) -> tuple[date, ...]:
    """The first day, the last, and one between when there is room."""
    if len(days) < 3:
        return tuple(days)
    return days[0], days[(len(days) - 1) // 2], days[-1]
