"""How a request stands with what was promised, in words and colours that pages share."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.desk.transitions import OPEN

Standing = Literal["late", "soon", "fine", "paused", "kept", "missed"]
COLOURS: dict[Standing, str] = {
    "late": "bad", "soon": "warn", "fine": "", "paused": "info", "kept": "good", "missed": "bad"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Promise:
    """One of the two clocks. `at`: the moment that was promised."""

    clock: str  # first_response, resolution
    standing: Standing
    at: datetime

    @property
    def colour(self) -> str:
        """The kind of badge it is shown by."""
        return COLOURS[self.standing]


def promises_of(row: Any, now: datetime) -> tuple[Promise, Promise]:
    """Both, of a request or of a row of the list."""
    return (
        Promise("first_response", _first(row, now), row.first_response_due),
        Promise("resolution", _solution(row, now), row.resolution_due),
    )


def next_promise(row: Any, now: datetime) -> Promise | None:
    """The one that comes next; None when the request has ended."""
    if row.status not in OPEN:
        return None
    first, solution = promises_of(row, now)
    return solution if row.responded_at else first


def _first(row: Any, now: datetime) -> Standing:
    if row.responded_at is not None:
        return "kept" if row.responded_at <= row.first_response_due else "missed"
    return _running(row, now, row.first_response_due, row.first_response_warned_at)


def _solution(row: Any, now: datetime) -> Standing:
    if row.status in OPEN:
        return _running(row, now, row.resolution_due, row.resolution_warned_at)
    ended = getattr(row, "solved_at", None) or getattr(row, "closed_at", None) or row.updated_at
    return "kept" if ended <= row.resolution_due else "missed"


def _running(row: Any, now: datetime, promised: datetime, warned: datetime | None) -> Standing:
    if now >= promised:
        return "late"
    if row.paused_since is not None:
        return "paused"
    return "soon" if warned is not None else "fine"
