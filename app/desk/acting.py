"""What an agent does to a request besides answering: take it, give it away, move it, weigh it anew, step it on."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.assignment import give
from app.desk.catalogue import category_of
from app.desk.clocks import promise_again
from app.desk.history import Act, done_before, open_quietly, record, step
from app.desk.models import RequestRow
from app.desk.refusals import ActRefusedError
from app.desk.rules import rules_of
from app.desk.transitions import AFTER, OPEN
from app.staff.models import StaffRow
from tools.service_desk import Priority, Status

PRIORITIES: tuple[Priority, ...] = get_args(Priority)
ARROW = " → "  # between what it was and what it is, in an event of kind "moved"; a reason stands on the next line
LONGEST_REASON = 500  # characters


@dataclass(frozen=True, slots=True)
class Agent:
    """Who acts, when; the same `reference` twice is one act."""

    id: int
    name: str
    now: datetime
    reference: str | None = None

    @property
    def act(self) -> Act:
        """As the history has it."""
        return Act("agent", self.name, self.now, self.reference)

    @property
    def further(self) -> Act:
        """For a second event of one act: the reference names the first."""
        return Act("agent", self.name, self.now)


def request_at(session: Session, number: int) -> RequestRow:
    """Find a request, ours until the transaction ends."""
    row = session.get(RequestRow, number, with_for_update=True)
    if row is None:
        raise ActRefusedError("unknown")
    return row


def open_request(session: Session, number: int) -> RequestRow:
    """Find one that still is open."""
    row = request_at(session, number)
    if row.status not in OPEN:
        raise ActRefusedError("ended")
    return row


def take(session: Session, number: int, agent: Agent, *, from_other: bool = False) -> None:
    """Make it one's own; what somebody else has is only taken on purpose. A new one is open then."""
    row = open_request(session, number)
    if row.assignee_id == agent.id:
        return
    if row.assignee_id is not None and not from_other:
        raise ActRefusedError("taken", name=row.assignee)
    _hand(session, row, agent.id, agent.name, agent)
    if row.status == "new":
        open_quietly(session, row, agent.further)


def assign_to(session: Session, number: int, staff_id: int | None, agent: Agent) -> None:
    """Give it to a colleague, or (None) back to the queue."""
    row = open_request(session, number)
    if row.assignee_id == staff_id:
        return
    colleague = session.get(StaffRow, staff_id) if staff_id is not None else None
    if staff_id is not None and (colleague is None or not can_take(colleague)):
        raise ActRefusedError("colleague_unknown")
    _hand(session, row, staff_id, colleague.name if colleague else "", agent)


def can_take(account: StaffRow) -> bool:
    """Whether somebody of the staff answers requests."""
    return account.active and "agent" in account.roles


def colleagues(session: Session) -> list[StaffRow]:
    """Everybody who can take requests, by name."""
    everybody = session.scalars(select(StaffRow).where(StaffRow.active).order_by(StaffRow.name, StaffRow.id))
    return [account for account in everybody if can_take(account)]


def move(session: Session, number: int, queue: str, agent: Agent, reason: str = "") -> None:
    """Put it into another queue, which may give it to one of its own; whoever had it does not have it any more."""
    row, rules = open_request(session, number), rules_of(session)
    if rules.queue(queue) is None:
        raise ActRefusedError("queue_unknown")
    if row.queue == queue:
        return
    note_move(session, row, agent.act, (row.queue, queue), reason)
    had, row.queue, row.assignee, row.assignee_id = row.assignee, queue, "", None
    if give(session, row, rules, agent.now) or had:
        record(session, row, agent.further, "assigned", row.assignee).tell = False
    session.flush()


def prioritise(session: Session, number: int, priority: str, agent: Agent, reason: str = "") -> None:
    """Weigh it anew; what was promised counts again from its beginning."""
    row = open_request(session, number)
    if priority not in PRIORITIES:
        raise ActRefusedError("priority_unknown")
    if row.priority == priority:
        return
    note_move(session, row, agent.act, (row.priority, priority), reason)
    row.priority = priority
    promise_again(session, row, agent.now)
    session.flush()


def recategorise(session: Session, number: int, category: str, agent: Agent, reason: str = "") -> None:
    """Say that it is about something else; what was filled in stays, its queue too."""
    row, found = open_request(session, number), category_of(session, category)
    if not found or not found[0].queue:
        raise ActRefusedError("category_unknown")
    if row.category_id == category:
        return
    note_move(session, row, agent.act, (row.category_id, category), reason)
    row.category_id = category
    session.flush()


def set_status(session: Session, number: int, status: Status, agent: Agent) -> None:
    """Step it on, or back to open when it had ended."""
    row = request_at(session, number)
    if done_before(session, agent.reference) or row.status == status:
        return
    if row.merged_into is not None:
        raise ActRefusedError("merged", number=row.merged_into)
    if status not in AFTER[row.status]:
        raise ActRefusedError("step")
    step(session, row, status, agent.act)


def steps_from(row: RequestRow) -> list[Status]:
    """Where it may go, in the order people expect."""
    if row.merged_into is not None:
        return []
    return [status for status in get_args(Status) if status in AFTER[row.status]]


def note_move(session: Session, row: RequestRow, act: Act, change: tuple[str, str], reason: str) -> None:
    """Keep what it was and what it is, and why."""
    said = ARROW.join(change)
    record(session, row, act, "moved", f"{said}\n{reason.strip()[:LONGEST_REASON]}".strip())


def _hand(session: Session, row: RequestRow, staff_id: int | None, name: str, agent: Agent) -> None:
    row.assignee, row.assignee_id = name, staff_id
    event = record(session, row, agent.act, "assigned", name)
    event.tell = False
    session.flush()
