"""When the other side's refusals mean an entry and not an outage: the entry is given up, and a person may replay it.

A connection that fails says nothing about an entry. An answer does, when it comes again and again: for a message while
others are being taken, for a mail or a file over a long time.
"""

from collections import Counter
from datetime import datetime, timedelta

from app.outbox import MAX_TRIES, Claim
from app.whatsapp.errors import UnavailableError

PATIENCE = {
    "message": timedelta(minutes=15),  # it keeps what comes after it in its conversation waiting
    "file": timedelta(minutes=15),  # so does a file
    "comment_mail": timedelta(days=1),
    "mail": timedelta(days=1),  # a mail server that puts new senders off does so for a while; codes end sooner
    "fetch": timedelta(days=1),  # Meta keeps a file for seven
}


class Verdicts:
    """Counts what was answered about entries that are tried again; forgets them with the process."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()
        self._against: dict[int, tuple[int, int]] = {}  # entry -> verdicts, entries taken at the last of them

    def taken(self, claim: Claim) -> None:
        """The other side took this one."""
        self._taken[claim.kind] += 1
        self._against.pop(claim.id, None)

    def final(self, claim: Claim, error: UnavailableError, now: datetime) -> bool:
        """Whether this answer was one too many."""
        if not (error.status or error.code):
            return False
        count, then = self._against.get(claim.id, (0, -1))
        if claim.kind not in ("message", "file") or self._taken[claim.kind] > then:
            count += 1
        self._against[claim.id] = (count, self._taken[claim.kind])
        given_up = count >= MAX_TRIES and now - claim.created_at >= PATIENCE[claim.kind]
        if given_up:
            del self._against[claim.id]
        return given_up
