"""What was worked out a moment ago, for the pages of this process: figures of sections, and themes."""

import asyncio
from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any

from app.reports.themes import Theme

FRESH = 30.0  # seconds for which figures stand
MOST = 32  # answers that are kept


class ThemeShelf:
    """The newest themes under each question; the oldest go first."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, tuple[Theme, ...]]] = {}

    def get(self, key: Hashable) -> tuple[Theme, ...] | None:
        """What was found, however long ago; None when nobody has looked."""
        return self._kept[key][1] if key in self._kept else None

    def age(self, key: Hashable) -> float:
        """Seconds since it was found; infinite when it was not."""
        return monotonic() - self._kept[key][0] if key in self._kept else float("inf")

    async def keep(self, key: Hashable, work: Callable[[], list[Theme]]) -> None:
        """Do the work in a thread and keep what it finds."""
        found = tuple(await asyncio.to_thread(work))
        self._kept.pop(key, None)
        self._kept[key] = monotonic(), found
        while len(self._kept) > MOST:
            self._kept.pop(next(iter(self._kept)))


class FigureShelf:
    """Figures by section and choice for `FRESH` seconds: who goes from tab to tab does not count a year again."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    def have(self, key: Hashable, work: Callable[[], Any]) -> Any:
        """What is kept, or what the work finds."""
        kept = self._kept.get(key)
        if kept is not None and self._clock() - kept[0] < FRESH:
            return kept[1]
        found = work()
        self._kept.pop(key, None)
        self._kept[key] = self._clock(), found
        for oldest in list(self._kept)[:-MOST]:
            self._kept.pop(oldest, None)
        return found
