"""What the desk promises: hours of the queue's calendar until the first response and until the solution."""

from datetime import datetime, timedelta

from pydantic import Field

from app.desk.calendar import Calendar, due
from tools.service_desk import Frozen

LONGEST_HOURS = 2_000  # about a year of business days


class Promise(Frozen):
    """Business hours."""

    first_response: float = Field(gt=0, le=LONGEST_HOURS)
    resolution: float = Field(gt=0, le=LONGEST_HOURS)


def promised(promise: Promise, calendar: Calendar, now: datetime) -> tuple[datetime, datetime]:
    """Tell the moments of the first response and of the solution, aware UTC."""
    return (
        due(now, timedelta(hours=promise.first_response), calendar),
        due(now, timedelta(hours=promise.resolution), calendar),
    )
