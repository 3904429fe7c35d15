"""Dates, times and numbers as the viewer writes them, in their zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup

from app.console.wording import LOCALES
from retrieval.passage import Language

ZONES = (
    "America/Sao_Paulo", "America/Manaus", "America/Recife", "America/Rio_Branco", "America/Bogota", "America/Lima",
    "America/Mexico_City", "America/Santiago", "America/Argentina/Buenos_Aires", "America/Montevideo",
    "America/New_York", "America/Chicago", "America/Los_Angeles", "Europe/Lisbon", "Europe/Madrid", "Europe/London",
    "UTC",
)  # fmt: skip
NEVER = "—"
STAMP = Markup('<time datetime="{iso}" title="{full}">{shown}</time>')


@dataclass(frozen=True, slots=True)
class Moments:
    """How one viewer sees time and numbers. `now` is the moment of the page."""

    language: Language
    zone: str
    now: datetime

    def when(self, at: datetime | None) -> str:
        """Date and time; a dash for never."""
        return self._stamp(at, self._written(at, "medium") if at else "")

    def brief(self, at: datetime | None) -> str:
        """The time of today, or the date and time in digits; a dash for never."""
        if at is None:
            return NEVER
        zone = zone_of(self.zone)
        if at.astimezone(zone).date() == self.now.astimezone(zone).date():
            return self._stamp(at, format_time(at, "short", tzinfo=zone, locale=LOCALES[self.language]))
        return self._stamp(at, self._written(at, "short"))

    def day(self, day: date | None) -> str:
        """A day of the calendar, which no zone changes."""
        return format_date(day, "medium", locale=LOCALES[self.language]) if day else NEVER

    def ago(self, at: datetime | None) -> str:
        """How long ago, or in how long."""
        if at is None:
            return NEVER
        return self._stamp(
            at, format_timedelta(at - self.now, add_direction=True, locale=LOCALES[self.language], threshold=0.9)
        )

    def clock(self, at: datetime) -> str:
        """The time of day."""
        shown = format_time(at, "short", tzinfo=zone_of(self.zone), locale=LOCALES[self.language])
        return self._stamp(at, shown)

    def date(self, at: datetime) -> str:
        """The day on which it was, where the viewer is."""
        return self.day(at.astimezone(zone_of(self.zone)).date())

    def lasting(self, since: datetime) -> str:
        """How long until now."""
        span = max(self.now - since, timedelta())
        return self._stamp(since, format_timedelta(span, locale=LOCALES[self.language], threshold=0.9))

    def number(self, value: float) -> str:
        """A number with its separators."""
        return format_decimal(value, locale=LOCALES[self.language])

    def percent(self, value: float) -> str:
        """A share, 0 to 1."""
        return format_percent(value, locale=LOCALES[self.language])

    def _stamp(self, at: datetime | None, shown: str) -> str:
        if at is None:
            return NEVER
        return STAMP.format(iso=at.astimezone(UTC).isoformat(), full=self._written(at, "full"), shown=shown)

    def _written(self, at: datetime, style: str) -> str:
        return format_datetime(at, style, tzinfo=zone_of(self.zone), locale=LOCALES[self.language])


def zone_of(name: str) -> ZoneInfo:
    """A time zone; UTC for a name nobody knows any more."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
