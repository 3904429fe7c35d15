"""Time that never runs backwards in this process, so that no clock change gives an expired code a second life."""

import time
from collections.abc import Callable
from datetime import UTC, datetime


def utc_now() -> datetime:
    """The machine's clock, aware."""
    return datetime.now(UTC)


class SteadyClock:
    """The wall clock, except that setting it back only makes it run on at the monotonic clock's pace.

    Between two readings at least as much time passes as on the monotonic clock: what lives 10 minutes here never lives
    longer. A jump forward is believed, which only ends codes sooner.
    """

    def __init__(self, wall: Callable[[], datetime] = utc_now, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._lead = float("-inf")  # the furthest the wall clock was ever ahead of the monotonic one, seconds

    def now(self) -> datetime:
        """Aware UTC."""
        steady = self._monotonic()
        self._lead = max(self._lead, self._wall().timestamp() - steady)
        return datetime.fromtimestamp(steady + self._lead, UTC)
