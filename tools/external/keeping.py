"""What sources said lately, kept in this process's memory: the same question is not asked twice within the hour."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from tools.external.snippets import Snippet

MOST = 500  # answers kept, about 1 kB each


class Kept:
    """Answers by question, language and source; the one not wanted for longest goes first. Failures are not kept."""

    def __init__(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._answers: OrderedDict[tuple[str, ...], tuple[float, tuple[Snippet, ...]]] = OrderedDict()

    def get(self, *key: str) -> tuple[Snippet, ...] | None:
        """What was answered; None when it was not asked or is too old."""
        at, answer = self._answers.get(key, (0.0, None))
        if answer is None:
            return None
        if self._clock() - at >= self._seconds:
            del self._answers[key]
            return None
        self._answers.move_to_end(key)
        return answer

    def put(self, answer: tuple[Snippet, ...], *key: str) -> None:
        """Keep an answer."""
        self._answers[key] = self._clock(), answer
        self._answers.move_to_end(key)
        while len(self._answers) > MOST:
            self._answers.popitem(last=False)
