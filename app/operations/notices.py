"""What Meta told us that is no message: quality, templates, the account; without anybody's words."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Notice

OF_PEOPLE = ("group_message", "unknown_fields", "empty", "broken")  # what they hold may be somebody's words
MOVED = ("user_", "customer_")  # how notices of a person's new number begin
TOLD = (  # facts of a notice that are about us; everything else of it stays in the table
    "event", "current_limit", "max_daily_conversation_per_phone", "message_template_name", "message_template_language",
    "reason", "disable_date", "ban_state", "violation_type", "restriction_type", "new_quality_score",
    "previous_quality_score", "alert_severity", "alert_status", "alert_type", "alert_description", "decision",
    "rejection_reason", "requested_verified_name", "code", "title",
)  # fmt: skip
BAD = ("PAUSED", "DISABLED", "REJECTED", "FLAGGED", "RED", "BANNED", "RESTRICTED", "CRITICAL", "DOWNGRADE", "VIOLATION")


@dataclass(frozen=True, slots=True)
class Told:
    """One notice; `facts` by Meta's own names."""

    kind: str
    at: datetime
    facts: dict[str, str]

    @property
    def is_bad(self) -> bool:
        """Whether somebody should look at it."""
        said = " ".join(self.facts.values()).upper()
        return self.kind == "error" or any(word in said for word in BAD)


def notices(session: Session, *, limit: int = 40) -> list[Told]:
    """The newest that are about our number and account."""
    ours = Notice.kind.not_in(OF_PEOPLE), *(Notice.kind.not_like(f"{start}%") for start in MOVED)
    wanted = select(Notice).where(*ours).order_by(Notice.id.desc()).limit(limit)
    return [Told(row.kind, row.at, dict(_facts(_read(row.body)))) for row in session.scalars(wanted)]


def broken_items(session: Session, since: datetime) -> int:
    """How many webhook items nobody could read since then."""
    counted = select(func.count()).where(Notice.kind.in_(("broken", "empty")), Notice.at >= since)
    return session.scalar(counted) or 0


def _read(body: dict[str, Any]) -> Any:
    """What arrived, as it was kept."""
    try:
        return json.loads(str(body.get("raw", "")))
    except ValueError:
        return None


def _facts(body: Any, depth: int = 0) -> list[tuple[str, str]]:
    """Plain values under the names of `TOLD`, wherever they stand."""
    if depth > 4:
        return []
    if isinstance(body, list):
        return [fact for one in body[:10] for fact in _facts(one, depth + 1)]
    if not isinstance(body, dict):
        return []
    found = []
    for name, value in body.items():
        if name in TOLD and isinstance(value, str | int | float) and str(value):
            found.append((name, str(value)[:160]))
        elif isinstance(value, dict | list):
            found += _facts(value, depth + 1)
    return found
