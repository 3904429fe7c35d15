"""What was worked out a moment ago and need not be again for the next page: counts, lists to choose from."""

from collections.abc import Callable, Hashable
from time import monotonic
from typing import Any, TypeVar

T = TypeVar("T")
MOST = 2000  # values kept; the oldest go


class Lately:
    """Values by key, each good for some seconds; of one process, and lost with it."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    def known(self, key: Hashable, seconds: float) -> Any | None:
        """The value, unless it is older than so many seconds; None when there is none."""
        at, value = self._kept.get(key, (0.0, None))
        return value if value is not None and self._clock() - at < seconds else None

    def keep(self, key: Hashable, value: T) -> T:
        """Remember a value, and give it back."""
        self._kept.pop(key, None)
        self._kept[key] = (self._clock(), value)
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        return value
