"""The desk's rules as a whole: queues, their calendars, promises, routing; kept as one document."""

from datetime import datetime
from functools import lru_cache
from typing import Literal

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.calendar import Calendar, is_open
from app.desk.models import DeskDocument
from app.desk.priority import PriorityMatrix, PriorityRule
from app.desk.promises import Promise
from app.desk.routing import RoutingRule
from retrieval.passage import Language
from tools.service_desk import Frozen, Priority, Words

REOPEN_DAYS = 7
WARN_AT = 80  # percent of a promise's time
Assignment = Literal["manual", "round_robin", "by_load"]


class Queue(Frozen):
    """Who takes requests, when they are there, how they share them, and promises that differ from the desk's."""

    id: str
    name: Words
    calendar: str
    assignment: Assignment = "manual"
    promises: dict[Priority, Promise] = Field(default_factory=dict)


class DeskRules(Frozen):
    """What `desk.yaml` says."""

    calendars: dict[str, Calendar] = Field(default_factory=dict)
    queues: tuple[Queue, ...] = ()
    promises: dict[Priority, Promise] = Field(default_factory=dict)
    priority_rules: tuple[PriorityRule, ...] = ()
    priority_matrix: PriorityMatrix | None = None
    warn_at: int = Field(default=WARN_AT, ge=0, le=99)  # percent of a promise's working time; 0 = never
    routing: tuple[RoutingRule, ...] = ()
    reopen_days: int = Field(default=REOPEN_DAYS, ge=0, le=365)
    hand_off_queue: dict[Language, str] = Field(default_factory=dict)

    def queue(self, queue_id: str) -> Queue | None:
        """Find the queue of that id."""
        return next((queue for queue in self.queues if queue.id == queue_id), None)

    def calendar_of(self, queue_id: str) -> Calendar | None:
        """Find the hours of a queue; None when it is gone from the rules."""
        queue = self.queue(queue_id)
        return self.calendars.get(queue.calendar) if queue else None

    def promise_of(self, queue_id: str, priority: Priority) -> Promise | None:
        """Find what a queue promises at a priority."""
        queue = self.queue(queue_id)
        return (queue.promises.get(priority) if queue else None) or self.promises.get(priority)

    def at_work(self, queue_id: str, now: datetime) -> bool:
        """Say whether a queue is at work; one without hours always is."""
        calendar = self.calendar_of(queue_id)
        return calendar is None or is_open(calendar, now)

    def queue_name(self, queue_id: str, language: str) -> str:
        """Name a queue in a language; by its id when it is gone from the rules."""
        queue = self.queue(queue_id)
        if queue is None:
            return queue_id
        return next((words for known, words in queue.name.items() if known == language), queue.name["pt-BR"])


@lru_cache(maxsize=4)
def _parsed(body: str) -> DeskRules:
    return DeskRules.model_validate_json(body)


def rules_of(session: Session) -> DeskRules:
    """Read the rules in force; empty ones before the first import."""
    body = session.scalar(select(DeskDocument.body).where(DeskDocument.name == "rules"))
    return DeskRules() if body is None else _parsed(body)
