"""First responses and solutions against what was promised, and how long they took in the queue's working hours."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.calendar import Calendar
from app.desk.models import RequestRow
from app.desk.rules import DeskRules, rules_of
from app.reports.choice import Choice
from app.reports.numbers import Share, percentile
from app.reports.working_time import WorkingTime

Step = Literal["first_response", "resolution"]
STEPS: tuple[Step, ...] = get_args(Step)
Fate = Literal["kept", "broken", "running", "void"]
HOUR = timedelta(hours=1)
MOST = 200_000  # requests of a period, the newest


class Promised(NamedTuple):
    """One request's step: from when, by when it was promised, when it was done (None = not yet).

    `marked`: the desk noted a broken promise, which stands even where the promise was moved later. `paused`: it waits
    for the requester now. `paused_seconds` of working time are no part of how long it took.
    """

    number: int
    queue: str
    priority: str
    category: str
    since: datetime
    due: datetime
    done_at: datetime | None
    cancelled: bool
    marked: bool = False
    paused: bool = False
    paused_seconds: int = 0

    def fate(self, now: datetime) -> Fate:
        """Kept, broken, still running; void: taken back before it was done."""
        if self.marked:
            return "broken"
        if self.done_at is not None:
            return "kept" if self.done_at <= self.due else "broken"
        if self.cancelled:
            return "void"
        return "broken" if self.due < now and not self.paused else "running"


@dataclass(frozen=True, slots=True)
class Measure:
    """One step of many requests. Hours are working hours of those that were done."""

    share: Share  # kept, of those kept or broken
    running: int
    done: int
    median_hours: float | None
    most_hours: float | None  # what nine of ten did not exceed


@dataclass(frozen=True, slots=True)
class Promises:
    """Both steps as a whole, by priority and by queue, and the requests that broke a promise, the newest first."""

    whole: dict[Step, Measure]
    by_priority: dict[str, dict[Step, Measure]]
    by_queue: dict[str, dict[Step, Measure]]
    broken: tuple[tuple[Step, Promised], ...]


def promises(session: Session, choice: Choice, now: datetime) -> Promises:
    """Those of the requests that were opened in the period."""
    steps = _read(session, choice)
    return judged(steps, rules_of(session), now)


def judged(steps: dict[Step, list[Promised]], rules: DeskRules, now: datetime) -> Promises:
    """What became of them; knows no SQL."""
    clocks = _clocks(steps, rules, now)
    weighed = {step: [_weigh(one, clocks, now) for one in found] for step, found in steps.items()}
    broken = [(step, one.of) for step, found in weighed.items() for one in found if one.fate == "broken"]
    return Promises(
        whole={step: _measure(found) for step, found in weighed.items()},
        by_priority=_by(weighed, lambda one: one.priority),
        by_queue=_by(weighed, lambda one: one.queue),
        broken=tuple(sorted(broken, key=lambda pair: (-pair[1].number, pair[0]))),
    )


class _Weighed(NamedTuple):
    """A step with what became of it; `hours` None = not done, or in a queue without hours."""

    of: Promised
    fate: Fate
    hours: float | None


def _weigh(one: Promised, clocks: dict[str, WorkingTime], now: datetime) -> _Weighed:
    clock = clocks.get(one.queue)
    if one.done_at is None or clock is None:
        return _Weighed(one, one.fate(now), None)
    worked = clock.between(one.since, one.done_at) - timedelta(seconds=one.paused_seconds)
    return _Weighed(one, one.fate(now), max(worked, timedelta()) / HOUR)


def _read(session: Session, choice: Choice) -> dict[Step, list[Promised]]:
    row = RequestRow
    columns = (
        row.number, row.queue, row.priority, row.category_id, row.created_at, row.clock_started_at, row.status,
        row.first_response_due, row.responded_at, row.first_response_breached_at,
        row.resolution_due, row.solved_at, row.resolution_breached_at, row.paused_since, row.paused_seconds,
    )  # fmt: skip
    wanted = (row.created_at >= choice.period.begins, row.created_at < choice.period.ends, *choice.of_requests)
    found: dict[Step, list[Promised]] = {"first_response": [], "resolution": []}
    for one in session.execute(select(*columns).where(*wanted).order_by(row.number.desc()).limit(MOST)):
        number, queue, priority, category, created, started, status, *times = one
        response_due, responded_at, response_late, due, solved_at, late, paused_since, paused = times
        about, gone, waits = (number, queue, priority, category), status == "cancelled", paused_since is not None
        answered_at = min(filter(None, (responded_at, solved_at)), default=None)  # a solution is an answer too
        first = Promised(*about, created, response_due, answered_at, gone, response_late is not None, waits)
        last = Promised(*about, started or created, due, solved_at, gone, late is not None, waits, paused)
        found["first_response"].append(first)
        found["resolution"].append(last)
    return found


def _by(weighed: dict[Step, list[_Weighed]], key: Callable[[Promised], str]) -> dict[str, dict[Step, Measure]]:
    parts: dict[str, dict[Step, list[_Weighed]]] = defaultdict(lambda: {step: [] for step in STEPS})
    for step, found in weighed.items():
        for one in found:
            parts[key(one.of)][step].append(one)
    return {name: {step: _measure(part[step]) for step in part} for name, part in sorted(parts.items())}


def _measure(found: Sequence[_Weighed]) -> Measure:
    fates = Counter(one.fate for one in found)
    hours = sorted(one.hours for one in found if one.hours is not None)
    return Measure(
        share=Share(fates["kept"], fates["kept"] + fates["broken"]),
        running=fates["running"],
        done=sum(one.of.done_at is not None for one in found),
        median_hours=percentile(hours, 0.5),
        most_hours=percentile(hours, 0.9),
    )


def _clocks(steps: dict[Step, list[Promised]], rules: DeskRules, now: datetime) -> dict[str, WorkingTime]:
    """A clock for each queue that is still in the rules; queues of one calendar share theirs."""
    everything = [one for found in steps.values() for one in found]
    if not everything:
        return {}
    earliest = min(one.since for one in everything)
    latest = max(one.done_at or now for one in everything)
    made: dict[str, WorkingTime] = {}
    clocks: dict[str, WorkingTime] = {}
    for queue in {one.queue for one in everything}:
        known = rules.queue(queue)
        calendar: Calendar | None = rules.calendar_of(queue)
        if known is not None and calendar is not None:
            if known.calendar not in made:
                made[known.calendar] = WorkingTime(calendar, earliest, latest)
            clocks[queue] = made[known.calendar]
    return clocks
