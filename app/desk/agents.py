"""What agents do with requests: answer, note, move on, assign."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.assignment import give
from app.desk.clocks import answered
from app.desk.history import Act, done_before, open_quietly, record, step
from app.desk.models import RequestRow
from app.desk.rules import rules_of
from app.desk.views import LONGEST_LIST, number_in
from tools.service_desk import DeskRefusedError, Status


def find_request(session: Session, number: str) -> RequestRow:
    """Find any request, to change it; for agents only. Raises `DeskRefusedError` when there is none."""
    wanted = number_in(number)
    row = session.get(RequestRow, wanted, with_for_update=True) if wanted is not None else None
    if row is None:
        raise DeskRefusedError(f"number: there is no request {number[:20]!r}")
    return row


def list_requests(session: Session, *, queue: str = "", status: str = "", limit: int = 50) -> list[RequestRow]:
    """Read requests of a queue and status (empty = all), newest first."""
    wanted = select(RequestRow).order_by(RequestRow.number.desc()).limit(max(0, min(limit, LONGEST_LIST)))
    if queue:
        wanted = wanted.where(RequestRow.queue == queue)
    if status:
        wanted = wanted.where(RequestRow.status == status)
    return list(session.scalars(wanted))


def agent_comment(  # noqa: PLR0913 -- the port's arguments, reference and time by keyword
    session: Session, number: str, text: str, *, author: str, public: bool, now: datetime, reference: str | None = None
) -> None:
    """Answer the requester, or leave a note that only agents see; a first answer opens a new request."""
    row = find_request(session, number)
    if done_before(session, reference):
        return
    if not text.strip():
        raise DeskRefusedError("text: it is empty")
    act = Act("agent", author, now, reference)
    if not public:
        record(session, row, act, "note", text)
        return
    if row.status in ("closed", "cancelled"):
        raise DeskRefusedError(f"status: the request is {row.status}")
    record(session, row, act, "comment", text)
    answered(session, row, now)
    if row.status == "new":
        open_quietly(session, row, Act("agent", author, now))
    session.flush()


def set_status(  # noqa: PLR0913 -- the port's arguments, reference and time by keyword
    session: Session,
    number: str,
    status: Status,
    *,
    author: str,
    now: datetime,
    text: str = "",
    reference: str | None = None,
) -> None:
    """Move a request on; `text` goes with the news to the requester."""
    row = find_request(session, number)
    if not done_before(session, reference):
        step(session, row, status, Act("agent", author, now, reference), text)


def assign(session: Session, number: str, *, author: str, now: datetime, assignee: str = "", queue: str = "") -> None:  # noqa: PLR0913 -- the port's arguments, reference and time by keyword
    """Give a request to an agent, to another queue, or both; a queue that shares them out gives it to its next."""
    row = find_request(session, number)
    rules = rules_of(session)
    if queue and rules.queue(queue) is None:
        raise DeskRefusedError(f"queue: there is no queue {queue[:60]!r}")
    if row.status in ("closed", "cancelled"):
        raise DeskRefusedError(f"status: the request is {row.status}")
    was_moved = bool(queue) and queue != row.queue
    row.queue = queue or row.queue
    row.assignee, row.assignee_id = assignee, None
    if was_moved and not assignee:
        give(session, row, rules, now)
    event = record(session, row, Act("agent", author, now), "assigned", row.assignee)
    event.tell = bool(row.assignee)
    session.flush()
