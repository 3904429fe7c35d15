"""What comes and goes in a process while its house stands: the faculties it thinks with, and the end."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.mind import Faculties


@dataclass(slots=True)
class Presence:
    """`works`: a worker in this process brings `faculties` once it has opened them.

    `leaving` closes what was opened on the way, before the database.
    """

    works: bool = False
    faculties: "Faculties | None" = None
    is_ending: bool = False
    leaving: AsyncExitStack = field(default_factory=AsyncExitStack)
    _told: list[Callable[[], None]] = field(default_factory=list)

    def when_ending(self, tell: Callable[[], None]) -> None:
        """Hear of the end while connections are still open, so that streams end by themselves."""
        self._told.append(tell)

    def end(self) -> None:
        """No more is served from here on; in the event loop's thread."""
        self.is_ending = True
        for tell in self._told:
            tell()
