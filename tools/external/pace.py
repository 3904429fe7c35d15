"""How often a source is asked, and how long it is left alone because it said so."""

from collections import deque
from collections.abc import Callable
from time import monotonic

MINUTE = 60.0  # seconds


class Pace:
    """At most so many questions in any minute, none before a pause is over."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._asked: deque[float] = deque(maxlen=per_minute)
        self._until = 0.0

    def admit(self) -> bool:
        """Whether to ask now; a yes is counted."""
        now = self._clock()
        if now < self._until or (len(self._asked) == self._asked.maxlen and now - self._asked[0] < MINUTE):
            return False
        self._asked.append(now)
        return True

    def leave_alone(self, seconds: float) -> None:
        """Ask nothing for so long, or until a longer pause is over."""
        self._until = max(self._until, self._clock() + seconds)

    @property
    def pause(self) -> float:
        """Seconds for which it is still left alone."""
        return max(0.0, self._until - self._clock())
