"""Curves as plain SVG: shares from 0 to 1 both ways, to be read beside the table of the same numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 260  # units of the drawing
LEFT, TOP, RIGHT, BOTTOM = 40, 12, 12, 40


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: `style` is its class in the page's CSS; `sizes` of its dots, in units."""

    name: str
    style: str
    points: Sequence[tuple[float, float]]
    sizes: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Dot:
    """A point on the paper."""

    x: float
    y: float
    size: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve on the paper."""

    name: str
    style: str
    path: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its axes named. `diagonal`: what it should look like is drawn too."""

    title: str
    across: str
    upwards: str
    lines: tuple[Drawn, ...]
    diagonal: bool = False

    @property
    def ticks(self) -> list[tuple[float, float, str]]:
        """Where the axes' numbers stand: across, upwards, words."""
        return [(_x(share), _y(share), f"{share:g}") for share in (0, 0.25, 0.5, 0.75, 1)]


def draw(title: str, axes: tuple[str, str], lines: Sequence[Line], *, diagonal: bool = False) -> Chart:
    """Put curves on the paper; `axes`: what goes across and what upwards."""
    return Chart(title, axes[0], axes[1], tuple(_drawn(line) for line in lines), diagonal)


def _drawn(line: Line) -> Drawn:
    places = [(_x(x), _y(y)) for x, y in line.points]
    path = " ".join(f"{'M' if n == 0 else 'L'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(places))
    sizes = line.sizes or [0.0] * len(places)
    return Drawn(line.name, line.style, path, tuple(Dot(x, y, s) for (x, y), s in zip(places, sizes, strict=True)))


def _x(share: float) -> float:
    return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)


def _y(share: float) -> float:
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)
