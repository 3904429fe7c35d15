"""Spans of whole days in the zone of whoever looks, as moments that the tables can be asked for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONGEST = 731  # days: two years


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included; a day begins when it does in `zone`."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begins(self) -> datetime:
        """The first moment; aware UTC."""
        return midnight(self.first, self.zone)

    @property
    def ends(self) -> datetime:
        """The first moment that is no part of it; aware UTC."""
        return midnight(self.last + timedelta(days=1), self.zone)

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it."""
        return tuple(self.first + timedelta(days=place) for place in range((self.last - self.first).days + 1))

    @property
    def bounds(self) -> tuple[datetime, ...]:
        """Where each day begins, and where the last one ends; a day with a clock change is as long as it is."""
        return (*(midnight(day, self.zone) for day in self.days), self.ends)

    @property
    def before(self) -> "Period":
        """As many days, up to the day before the first."""
        span = timedelta(days=len(self.days))
        return Period(self.first - span, self.first - timedelta(days=1), self.zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins there; aware UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def last_days(days: int, now: datetime, zone: ZoneInfo) -> Period:
    """So many days, today the last."""
    today = now.astimezone(zone).date()
    return Period(today - timedelta(days=days - 1), today, zone)


def between(first: date, last: date, now: datetime, zone: ZoneInfo) -> Period:
    """What was asked for: in the right order, not after today, not longer than `LONGEST`."""
    today = now.astimezone(zone).date()
    first, last = sorted((min(first, today), min(last, today)))
    return Period(max(first, last - timedelta(days=LONGEST - 1)), last, zone)
