"""How fast we may send: a state machine that is told the time and says how long to wait.

Meta's limits ("About the platform" and "Throughput", 2026): one message every 6 s to one person, of which up to 45
may be borrowed from the future at once; 80 messages a second for the whole number, inbound ones counted.
"""

from collections import deque
from datetime import datetime, timedelta

PAIR_INTERVAL = timedelta(seconds=6)
PAIR_BURST = 45
SECOND = timedelta(seconds=1)
NOW = timedelta(0)
LONGEST_PAUSE = timedelta(minutes=10)  # 4^X alone would reach 17 minutes at the sixth try
TIDY_EVERY = 1024  # takings between two looks for people whose debt is paid


class PairRate:
    """A token bucket per recipient, kept as the moment at which their debt is paid."""

    def __init__(self, interval: timedelta = PAIR_INTERVAL, burst: int = PAIR_BURST) -> None:
        self.interval = interval
        self.slack = interval * (burst - 1)
        self.paid_at: dict[str, datetime] = {}
        self.takings = 0

    def wait(self, recipient: str, now: datetime) -> timedelta:
        """How long until a message may go to this recipient; zero = now."""
        paid_at = self.paid_at.get(recipient, now)
        return max(paid_at - self.slack - now, NOW)

    def take(self, recipient: str, now: datetime) -> None:
        """One message goes out."""
        self.paid_at[recipient] = max(self.paid_at.get(recipient, now), now) + self.interval
        self.takings += 1
        if self.takings % TIDY_EVERY == 0:
            self.paid_at = {who: paid_at for who, paid_at in self.paid_at.items() if paid_at > now}

    def pause(self, recipient: str, until: datetime) -> None:
        """Meta said 131056: nothing before `until`, and nothing borrowed after it either."""
        self.paid_at[recipient] = max(self.paid_at.get(recipient, until), until + self.slack)


class NumberRate:
    """At most `limit` messages in any second, remembered one by one."""

    def __init__(self, limit: int = 80) -> None:
        self.limit = limit
        self.taken: deque[datetime] = deque()
        self.paused_until: datetime | None = None

    def wait(self, now: datetime) -> timedelta:
        """How long until another message may go out; zero = now."""
        pause = self.paused_until - now if self.paused_until else NOW
        full = len(self.taken) >= self.limit
        return max(self.taken[-self.limit] + SECOND - now if full else NOW, pause, NOW)

    def take(self, now: datetime) -> None:
        """One message went out, or came in: Meta counts both."""
        while self.taken and self.taken[0] + SECOND <= now:
            self.taken.popleft()
        # A clock set back must not make the newest look old.
        self.taken.append(max(now, self.taken[-1]) if self.taken else now)

    def pause(self, until: datetime) -> None:
        """Meta said 130429 or the like: nothing before `until`."""
        self.paused_until = max(self.paused_until or until, until)


class Rates:
    """Both limits of one business number."""

    def __init__(self, messages_per_second: int = 80) -> None:
        self.pairs = PairRate()
        self.number = NumberRate(messages_per_second)

    def take(self, recipient: str, now: datetime) -> timedelta:
        """Zero: the message may go now and is counted; else how long to wait before asking again."""
        wait = max(self.pairs.wait(recipient, now), self.number.wait(now))
        if not wait:
            self.pairs.take(recipient, now)
            self.number.take(now)
        return wait

    def count_inbound(self, now: datetime) -> None:
        """A message came in."""
        self.number.take(now)


def pair_pause(attempt: int) -> timedelta:
    """Meta's advice after 131056: 4^X seconds, X = 0 at the first refusal; never longer than ten minutes."""
    return min(timedelta(seconds=4 ** min(max(attempt, 0), 8)), LONGEST_PAUSE)
