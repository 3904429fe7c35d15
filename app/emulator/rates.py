"""Meta's two sending rates: per pair of business and user, and per business number."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.emulator.refusal import Refusal

PAIR_INTERVAL = timedelta(seconds=6)
PAIR_BURST = 45


@dataclass
class Rates:
    """One message per 6 s to a user, borrowing up to 45 from the future; `per_second` for the whole number.

    Source: Meta's "About the platform" (pair rate) and "Throughput" (80 messages a second by default).
    """

    per_second: int = 80
    _paid_until: dict[str, datetime] = field(default_factory=dict)
    _recent: deque[datetime] = field(default_factory=deque)

    def spend(self, person_id: str, now: datetime) -> None:
        """Count one message.

        Raises:
            Refusal: 130429 over the number's throughput, 131056 over the pair rate.
        """
        self._check_throughput(now)
        paid = max(self._paid_until.get(person_id, now), now) + PAIR_INTERVAL
        if paid - now > PAIR_INTERVAL * PAIR_BURST:
            raise Refusal(131056, "Too many messages sent from this phone number to the same user. Try again later.")
        self._paid_until[person_id] = paid
        self._recent.append(now)

    def _check_throughput(self, now: datetime) -> None:
        while self._recent and now - self._recent[0] >= timedelta(seconds=1):
            self._recent.popleft()
        if len(self._recent) >= self.per_second:
            raise Refusal(130429, "Message failed to send because there were too many messages from this phone number.")
