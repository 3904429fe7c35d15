"""What a build is doing and how far it is: heard by who waits for it."""

from collections.abc import Callable
from typing import Literal

Stage = Literal["reading", "words", "vectors", "calibrating", "verifying", "publishing", "swapping", "erasing"]
Progress = Callable[[Stage, int, int], None]  # stage, done, in all: articles read, languages, chunks, checks, bytes
OFTEN = 250  # articles or chunks between two words: often enough to look alive


def silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody waits."""
