"""Working time between two moments, quickly for many of them: one calendar's open spans, laid out once."""

from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import accumulate, takewhile

from app.desk.calendar import Calendar, open_spans


class WorkingTime:
    """One calendar from the earliest moment that will be asked for to the latest."""

    def __init__(self, calendar: Calendar, earliest: datetime, latest: datetime) -> None:
        self._spans = list(takewhile(lambda span: span[0] < latest, open_spans(calendar, earliest)))
        self._begins = [begins for begins, _ in self._spans]
        self._before = list(accumulate((ends - begins for begins, ends in self._spans), initial=timedelta()))

    def between(self, since: datetime, until: datetime) -> timedelta:
        """How much of the time between them is working time; nothing when it runs backwards."""
        return max(self._until(until) - self._until(since), timedelta())

    def _until(self, moment: datetime) -> timedelta:
        """Working time from the beginning to this moment."""
        place = bisect_right(self._begins, moment) - 1
        if place < 0:
            return timedelta()
        begins, ends = self._spans[place]
        return self._before[place] + min(moment, ends) - begins
