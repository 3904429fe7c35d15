"""Who is writing an answer to a request at this moment, so that two do not answer at once; known to one process."""

from collections.abc import Callable
from time import monotonic

FADES = 8.0  # seconds after the last key


class Writers:
    """Names by request."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._at: dict[tuple[int, int], tuple[str, float]] = {}

    def note(self, number: int, staff_id: int, name: str) -> None:
        """They pressed a key."""
        self._at[number, staff_id] = (name, self._clock())

    def stop(self, number: int, staff_id: int) -> None:
        """They sent it, or left."""
        self._at.pop((number, staff_id), None)

    def others(self, number: int, staff_id: int) -> list[str]:
        """Who else writes to the same employee."""
        now = self._clock()
        self._at = {key: (name, at) for key, (name, at) in self._at.items() if now - at < FADES}
        return sorted(name for (where, who), (name, _) in self._at.items() if where == number and who != staff_id)
