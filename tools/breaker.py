"""A breaker: a provider that keeps failing is not asked for a while, so that nobody waits for it in vain."""

from collections.abc import Callable
from time import monotonic

FAILURES = 3  # in a row, until it opens
PAUSE = 60.0  # seconds
LONG_PAUSE = 600.0  # when only an operator can help: a refused key, a used-up quota


class Breaker:
    """Open while its provider is not to be asked; after the pause one question is let through to try."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0
        self.reason = ""  # why it last failed; "" while all is well

    @property
    def open(self) -> bool:
        """Whether the provider is left alone now."""
        return self._clock() < self._until

    def lets_through(self) -> bool:
        """Whether to ask now; after a pause the first who asks is the one who tries, for the others it stays open."""
        if self.open:
            return False
        if self._failures >= FAILURES:
            self._until = self._clock() + PAUSE
        return True

    def worked(self) -> None:
        """It answered."""
        self._failures, self._until, self.reason = 0, 0.0, ""

    def failed(self, reason: str, *, for_long: bool = False) -> None:
        """It did not; `for_long` opens at once."""
        self._failures, self.reason = self._failures + 1, reason
        if for_long or self._failures >= FAILURES:
            self._failures = max(self._failures, FAILURES)
            self._until = self._clock() + (LONG_PAUSE if for_long else PAUSE)
