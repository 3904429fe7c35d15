"""The last time this process read the audit trail over. What it saw then is the anchor of the next time."""

from dataclasses import dataclass
from datetime import datetime

from app.audit.verification import Anchor, Verdict


@dataclass(slots=True)
class Watch:
    """A verdict and when it was reached; None before the first."""

    verdict: Verdict | None = None
    at: datetime | None = None

    @property
    def anchor(self) -> Anchor | None:
        """Where the trail ended when it was read over last, if it held."""
        return self.verdict.head if self.verdict is not None and self.verdict.holds else None

    def keep(self, verdict: Verdict, at: datetime) -> None:
        """Remember what was found."""
        self.verdict, self.at = verdict, at
