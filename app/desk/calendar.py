"""Business hours: when a queue is open, and when so much working time after a moment has passed.

A calendar's hours are local; all arithmetic is in UTC, so a day with a clock change is as long as it really is.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, model_validator

from tools.service_desk import Frozen

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
HORIZON_DAYS = 3_660  # ten years: no promise is longer
MIDNIGHT = "24:00"  # the end of the day

Span = tuple[datetime, datetime]  # UTC, from and until


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _is_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"{name!r} is no IANA time zone such as America/Sao_Paulo")
    return name


def _is_clock(text: str) -> str:
    if text != MIDNIGHT and (len(text) != len(MIDNIGHT) or not _parses(text)):
        raise ValueError(f'{text!r} is no time such as "08:30" (in quotes)')
    return text


def _parses(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return True


Clock = Annotated[str, AfterValidator(_is_clock)]


class Calendar(Frozen):
    """Weekly hours in a time zone; a weekday without hours and a holiday are closed."""

    timezone: Annotated[str, AfterValidator(_is_zone)]
    hours: dict[Weekday, tuple[tuple[Clock, Clock], ...]]
    holidays: frozenset[date] = frozenset()

    @model_validator(mode="after")
    def _is_ordered(self) -> "Calendar":
        if not any(self.hours.values()):
            raise ValueError("it is never open")
        for day, spans in self.hours.items():
            flat = [moment for span in spans for moment in span]
            if flat != sorted(flat) or any(opens == closes for opens, closes in spans):
                raise ValueError(f"the hours of {day} run backwards or overlap")
        return self


def due(start: datetime, working: timedelta, calendar: Calendar) -> datetime:
    """Find the moment at which `working` time of this calendar has passed since `start`; aware UTC."""
    remaining = max(working, timedelta())
    start = start.astimezone(UTC)
    for opens, closes in _spans(calendar, start):
        begins = max(start, opens)
        if remaining <= closes - begins:
            return begins + remaining
        remaining -= closes - begins
    raise ValueError("the calendar has not so much working time in ten years")


def working_between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """Count the working time of this calendar from `start` to `end`; none when it is not later."""
    start, end, counted = start.astimezone(UTC), end.astimezone(UTC), timedelta()
    for opens, closes in _spans(calendar, start):
        if opens >= end:
            break
        counted += max(min(closes, end) - max(opens, start), timedelta())
    return counted


def is_open(calendar: Calendar, now: datetime) -> bool:
    """Say whether somebody is there."""
    return opens_at(calendar, now) == now


def opens_at(calendar: Calendar, now: datetime) -> datetime:
    """Find when somebody is there: now, or the next opening; aware UTC."""
    now = now.astimezone(UTC)
    opens, _ = next(span for span in _spans(calendar, now) if span[1] > now)
    return max(opens, now)


def open_spans(calendar: Calendar, start: datetime) -> Iterator[Span]:
    """Yield when somebody is there, from `start` on and in order; aware UTC."""
    yield from _spans(calendar, start)


def _spans(calendar: Calendar, start: datetime) -> Iterator[Span]:
    """Yield the open spans that end at or after `start`, in order, without overlap."""
    zone = ZoneInfo(calendar.timezone)
    day = start.astimezone(zone).date() - timedelta(days=1)
    latest = datetime.min.replace(tzinfo=UTC)
    for offset in range(HORIZON_DAYS):
        today = day + timedelta(days=offset)
        if today in calendar.holidays:
            continue
        for opens, closes in calendar.hours.get(WEEKDAYS[today.weekday()], ()):
            begin, end = max(_opening(today, opens, zone), latest), _closing(today, closes, zone)
            if end > begin and end >= start:
                yield begin, end
            latest = max(latest, end)


def _local(day: date, clock: str) -> datetime:
    if clock == MIDNIGHT:
        return datetime.combine(day + timedelta(days=1), time())
    return datetime.combine(day, time.fromisoformat(clock))


def _opening(day: date, clock: str, zone: ZoneInfo) -> datetime:
    return _local(day, clock).replace(tzinfo=zone).astimezone(UTC)


def _closing(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """Take the later of two readings: an hour that happens twice is worked twice, one that is skipped is not."""
    local = _local(day, clock).replace(tzinfo=zone)
    return max(local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))
