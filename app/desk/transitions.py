"""Which status may follow which, and who may bring it about."""

from datetime import datetime, timedelta
from typing import Literal

from tools.service_desk import DeskRefusedError, Status

By = Literal["employee", "agent", "system"]

OPEN: frozenset[Status] = frozenset({"new", "open", "pending", "waiting"})
ENDED: frozenset[Status] = frozenset({"solved", "closed", "cancelled"})

AFTER: dict[str, frozenset[Status]] = {
    "new": frozenset({"open", "pending", "waiting", "solved", "cancelled"}),
    "open": frozenset({"pending", "waiting", "solved", "cancelled"}),
    "pending": frozenset({"open", "waiting", "solved", "cancelled"}),
    "waiting": frozenset({"open", "pending", "solved", "cancelled"}),
    "solved": frozenset({"open", "closed"}),
    "closed": frozenset({"open"}),
    "cancelled": frozenset(),
}
"""waiting = for the requester; pending = for somebody or something else."""


def check_step(before: str, after: Status) -> None:
    """Raise `DeskRefusedError` when `after` cannot follow `before`."""
    if after not in AFTER[before]:
        possible = ", ".join(sorted(AFTER[before])) or "nothing"
        raise DeskRefusedError(f"status: {after} cannot follow {before} (possible: {possible})")


def may_reopen(status: str, solved_at: datetime | None, now: datetime, reopen_days: int) -> bool:
    """Say whether the requester may still say "not solved after all"."""
    if status not in ("solved", "closed") or solved_at is None:
        return False
    return now < solved_at + timedelta(days=reopen_days)
