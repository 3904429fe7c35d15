"""How much more may be taken in: a state machine that is told what waits and what comes, and says whom to turn away.

Nobody may hold more unread messages than are still free (dynamic thresholds: Choudhury and Hahne, IEEE/ACM
Transactions on Networking 6(2), 1998). One contact alone may fill half of the limit, two a third each, and whoever
holds little is turned away only when nothing is free at all.
"""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Literal

Reason = Literal["", "full", "share", "store"]

WINDOW = 10.0  # seconds of work from which the rate is taken: twenty looks, and several turns of a slow model
UNKNOWN_PAUSE = 5  # seconds to come back after while no rate is known


@dataclass(frozen=True, slots=True)
class Waiting:
    """Unread messages of one contact, under every name they are known by."""

    names: tuple[str, ...]
    unread: int
    with_person: bool = False  # a person has the conversation: no load, yet theirs


@dataclass(frozen=True, slots=True)
class Look:
    """What was unread in the store, apart from messages that a turn has failed on."""

    contacts: tuple[Waiting, ...] = ()
    still: int = 0  # of what an earlier look found, how much does still wait
    newest: int = 0  # the last row found

    @property
    def unread(self) -> int:
        """All of it."""
        return sum(contact.unread for contact in self.contacts)


class Drain:
    """How many messages are read in a second, from times in which some were waiting.

    A standstill longer than the window is an outage, not a pace: the rate from before it stays.
    """

    def __init__(self) -> None:
        self._spans: deque[tuple[float, int]] = deque()
        self._standing = 0.0
        self.per_second = 0.0

    def note(self, seconds: float, served: int) -> None:
        """So many were read in that time."""
        self._standing += seconds
        if not served:
            return
        span, self._standing = self._standing, 0.0
        if span > WINDOW:
            return
        self._spans.append((span, served))
        while sum(span for span, _ in self._spans) - self._spans[0][0] >= WINDOW:
            self._spans.popleft()
        self.per_second = sum(count for _, count in self._spans) / max(sum(span for span, _ in self._spans), 0.001)


class Pressure:
    """What waits by contact: as last seen in the store, and what was taken in since."""

    def __init__(self, *, floor: int, patience: float) -> None:
        self._floor, self._patience = floor, patience
        self._held: Counter[str] = Counter()
        self._coming: Counter[str] = Counter()  # let in, not in the store yet
        self._newer: Counter[str] = Counter()  # in the store since the look under way began
        self._seen = Look()
        self._seen_at: float | None = None
        self.drain = Drain()
        self.backlog = 0

    @property
    def limit(self) -> int:
        """How many may wait: what is read in the time anybody should wait at most, or the floor."""
        return max(self._floor, int(self._patience * self.drain.per_second))

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing comes."""
        return not self._held and not self._coming

    def verdict(self, contacts: Mapping[str, int]) -> Reason:
        """Why messages of these contacts (how many of each) cannot be taken now; "" = they can.

        A delivery is taken or refused as a whole: it is refused for its senders' share when most of it is.
        """
        free = self.limit - self.backlog
        if free <= 0:
            return "full"
        greedy = sum(count for contact, count in contacts.items() if self._held[contact] >= free)
        return "share" if 2 * greedy > sum(contacts.values()) else ""

    def let_in(self, contacts: Mapping[str, int]) -> None:
        """They are on their way to the store."""
        self._coming.update(contacts)
        self._held.update(contacts)
        self.backlog += sum(contacts.values())

    def arrived(self, contacts: Mapping[str, int]) -> None:
        """They are in the store."""
        self._coming = _less(self._coming, contacts)
        self._newer.update(contacts)

    def failed(self, contacts: Mapping[str, int]) -> None:
        """The store did not take them."""
        self._coming, self._held = _less(self._coming, contacts), _less(self._held, contacts)
        self.backlog = max(0, self.backlog - sum(contacts.values()))

    @property
    def newest_seen(self) -> int:
        """Up to which row the next look should say what still waits."""
        return self._seen.newest

    def begin_look(self) -> None:
        """The store is being looked at: what arrives from here on may or may not be in the answer."""
        self._newer = Counter()

    def see(self, look: Look, at: float) -> None:
        """Take over what a look found; `at` in seconds of any clock that only goes forward."""
        if self._seen.unread and self._seen_at is not None:
            self.drain.note(at - self._seen_at, self._seen.unread - look.still)
        since = self._newer + self._coming
        self._held = since + Counter({name: one.unread for one in look.contacts for name in one.names})
        self.backlog = since.total() + sum(one.unread for one in look.contacts if not one.with_person)
        self._seen, self._seen_at = look, at

    def come_back_after(self) -> int:
        """Seconds until half of the limit should be free again."""
        if not self.drain.per_second:
            return UNKNOWN_PAUSE
        seconds = (self.backlog - self.limit / 2) / self.drain.per_second
        return ceil(min(max(seconds, 1), max(self._patience, 1)))


def _less(counts: Counter[str], taken: Mapping[str, int]) -> Counter[str]:
    """Without what was taken, in place; names with nothing left go."""
    for name, count in taken.items():
        counts[name] -= count
        if counts[name] <= 0:
            del counts[name]
    return counts
