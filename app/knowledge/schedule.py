"""When a source is read again: every so often, daily at a time of the company's zone, or only by hand."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.desk.rules import rules_of

_EVERY = re.compile(r"(?:every\s+)?(\d{1,4})\s*(m|min|minutes?|h|hours?)", re.ASCII)
_DAILY = re.compile(r"(?:daily\s+(?:at\s+)?)?([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
LONGEST = timedelta(days=31)
SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Schedule:
    """One of both, or neither: by hand."""

    every: timedelta | None = None
    daily: time | None = None

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """From "every 30 minutes", "6h", "daily at 07:30", "07:30" or "manual"; raises ValueError."""
        wanted = " ".join(text.lower().split())
        if wanted in {"", "manual"}:
            return cls()
        if found := _EVERY.fullmatch(wanted):
            number = int(found[1])
            every = timedelta(minutes=number) if found[2].startswith("m") else timedelta(hours=number)
            if SHORTEST <= every <= LONGEST:
                return cls(every=every)
        elif found := _DAILY.fullmatch(wanted):
            return cls(daily=time(int(found[1]), int(found[2])))
        raise ValueError('use "every 30 minutes", "every 6 hours", "daily at 07:30" or "manual"')

    def __str__(self) -> str:
        if self.every:
            minutes = int(self.every.total_seconds()) // 60
            number, unit = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
            return f"every {number} {unit}{'s' if number != 1 else ''}"
        return f"daily at {self.daily:%H:%M}" if self.daily else "manual"

    def following(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """The next moment after `now`, aware UTC; None = by hand."""
        if self.every:
            return now + self.every
        if self.daily is None:
            return None
        day = now.astimezone(zone).date()
        moments = (datetime.combine(day + timedelta(days=n), self.daily, zone).astimezone(UTC) for n in range(3))
        return next(moment for moment in moments if moment > now)


def zone_of(session: Session) -> ZoneInfo:
    """The company's zone: that of the queue that takes hand-offs, else of its first calendar, else UTC."""
    rules = rules_of(session)
    wanted = (rules.calendar_of(queue) for queue in rules.hand_off_queue.values())
    calendar = next(filter(None, (*wanted, *rules.calendars.values())), None)
    return ZoneInfo(calendar.timezone if calendar else "UTC")
