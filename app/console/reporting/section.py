"""What every section of the reports is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.console.chart import Chart
from app.console.reporting.asking import Names
from app.console.sheet import Sheet
from app.console.wording import Words
from app.reports.choice import Choice


class Pair(NamedTuple):
    """One section's figures of the period and of the one before."""

    now: Any
    before: Any


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that stands first. `kind` is how it is written, `about` a sentence of the wording with its values.

    `value` None = too few to tell. `lower_is_better` None = a change is neither good nor bad. `interval`: where the
    value would lie with many more; a change within it is chance and gets no colour.
    """

    name: str
    kind: str
    value: float | None
    before: float | None = None
    about: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    lower_is_better: bool | None = None
    interval: tuple[float, float] | None = None

    @property
    def verdict(self) -> str:
        """What the change says: good, bad, or nothing."""
        if self.before is None or self.value is None or self.interval is None or self.lower_is_better is None:
            return ""
        if self.interval[0] <= self.before <= self.interval[1]:
            return ""
        return "good" if (self.value < self.before) == self.lower_is_better else "bad"


@dataclass(frozen=True, slots=True)
class Shown:
    """A section, ready for its template and for CSV."""

    tiles: Sequence[Tile] = ()
    charts: Mapping[str, Chart] = field(default_factory=dict)
    sheets: Sequence[Sheet] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def sheet(self, name: str) -> Sheet | None:
        """The table of this name."""
        return next((sheet for sheet in self.sheets if sheet.name == name), None)


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom a section is told to, and about what."""

    choice: Choice
    names: Names
    words: Words
    now: datetime


@dataclass(frozen=True, slots=True)
class Section:
    """`look` reads figures of a choice, `show` makes charts and tables of them and of those before."""

    name: str
    look: Callable[[Session, Choice, datetime], Any]
    show: Callable[[Pair, Telling], Shown]

    @property
    def path(self) -> str:
        """Below /desk."""
        return f"/reports/{self.name}"
