"""Themes that were brought together a moment ago, for the pages of this process."""

import asyncio
from collections.abc import Callable, Hashable
from time import monotonic

from app.reports.themes import Theme

MOST = 32  # questions whose themes are kept


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
