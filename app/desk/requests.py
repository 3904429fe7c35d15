"""What a requester does with requests; plain functions of a session, for use inside the turn's transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.assignment import give
from app.desk.calendar import opens_at
from app.desk.catalogue import category_of
from app.desk.clocks import start_clocks
from app.desk.finding import keep_words
from app.desk.history import Act, attach_file, changes_since, done_before, record, step
from app.desk.models import DeskCounter, OutageFollower, OutageRow, RequestRow
from app.desk.priority import priority_for
from app.desk.routing import Case, rule_for
from app.desk.rules import DeskRules, rules_of
from app.desk.transitions import may_reopen
from app.desk.views import going_on, own_request, request_of, requests_of
from app.errors import StoreUnavailableError
from tools.drafts import check_draft, plain
from tools.service_desk import DeskRefusedError, Draft, Employee, Receipt, Status

FIRST_NUMBER = 1001

__all__ = [
    "attach_to_request", "changes_since", "close_request", "close_solved", "comment_request", "create_request",
    "join_outage", "rate_request", "reopen_request", "request_of", "requests_of",
]  # fmt: skip


def create_request(  # noqa: PLR0913 -- the port's arguments, reference and time by keyword
    session: Session,
    *,
    employee: Employee,
    conversation_id: str | None,
    draft: Draft,
    reference: str,
    now: datetime,
) -> Receipt:
    """Open a request; the same reference again returns the first receipt. Raises `DeskRefusedError` naming a field."""
    rules = rules_of(session)
    first = session.scalar(select(RequestRow).where(RequestRow.reference == reference))
    if first is not None:
        if first.employee_id != employee.id:
            raise DeskRefusedError("reference: it belongs to another request")
        return _receipt(first, rules)
    if not employee.active:
        raise DeskRefusedError("employee: not active any more")
    category = check_draft(draft, category_of(session, draft.category_id), employee)
    case = Case(category, draft, employee, is_open=rules.at_work(category.queue, now))
    row = _row(session, case, rules, now)
    row.reference, row.conversation_id = reference, conversation_id
    session.add(row)
    session.flush()
    event = record(session, row, Act("employee", employee.name, now), "created", draft.description)
    for wamid in draft.attachments:
        attach_file(session, event, wamid=wamid)
    _give(session, row, case, rules, now)
    keep_words(session, row, employee)
    session.flush()
    _read_back(session, row, draft)
    return _receipt(row, rules)


def _row(session: Session, case: Case, rules: DeskRules, now: datetime) -> RequestRow:
    rule = rule_for(case, rules.routing)
    priority = priority_for(case, rules.priority_rules, rules.priority_matrix, raised=rule.raise_ if rule else 0)
    draft = case.draft
    row = RequestRow(
        number=_next_number(session),
        employee_id=case.employee.id,
        category_id=case.category.id,
        title=plain(draft.title),
        description=plain(draft.description),
        fields=draft.model_dump(mode="json")["values"],
        evidence={field_id: plain(words) for field_id, words in draft.evidence.items()},
        language=draft.language,
        queue=(rule.queue if rule else "") or case.category.queue,
        location=case.employee.location,
        priority=priority,
        status="new",
        created_at=now,
        updated_at=now,
    )
    start_clocks(row, rules, now)
    return row


def _give(session: Session, row: RequestRow, case: Case, rules: DeskRules, now: datetime) -> None:
    """Somebody may be next in the queue; the requester has just been told who takes it, so this is not told."""
    rule = rule_for(case, rules.routing)
    if give(session, row, rules, now, wanted=rule.assignee if rule else ""):
        record(session, row, Act("system", "", now), "assigned", row.assignee).tell = False


def _next_number(session: Session) -> int:
    counter = session.get(DeskCounter, "request", with_for_update=True)
    if counter is None:
        counter = DeskCounter(name="request", value=FIRST_NUMBER - 1)
        session.add(counter)
    counter.value += 1
    return counter.value


def _read_back(session: Session, row: RequestRow, draft: Draft) -> None:
    """Make sure that the database holds what was asked for, before anybody is told a number."""
    session.refresh(row)
    wanted = (draft.category_id, plain(draft.title), draft.model_dump(mode="json")["values"])
    if (row.category_id, row.title, row.fields) != wanted:
        raise StoreUnavailableError("the database does not hold the request as it was written")


def _receipt(row: RequestRow, rules: DeskRules) -> Receipt:
    """Tell what was promised, as of the moment it was created."""
    calendar = rules.calendar_of(row.queue)
    now_open = rules.at_work(row.queue, row.created_at)
    return Receipt(
        number=str(row.number),
        queue=rules.queue_name(row.queue, row.language),
        first_response_due=row.first_response_due,
        resolution_due=row.resolution_due,
        now_open=now_open,
        opens_at=None if calendar is None or now_open else opens_at(calendar, row.created_at),
    )


def comment_request(  # noqa: PLR0913 -- the port's arguments, reference and time by keyword
    session: Session,
    employee_id: str,
    number: str,
    text: str,
    *,
    reference: str,
    now: datetime,
    attachments: Sequence[str] = (),
) -> None:
    """Add the requester's words and the media of `attachments` (wamids); what waited for them is open again."""
    row = going_on(session, own_request(session, employee_id, number, to_change=True))
    if done_before(session, reference):
        return
    if not text.strip() and not attachments:
        raise DeskRefusedError("text: it is empty")
    _still_open_to_words(row)
    event = record(session, row, Act("employee", "", now, reference), "comment" if text.strip() else "attachment", text)
    for wamid in attachments:
        attach_file(session, event, wamid=wamid)
    if row.status == "waiting":
        step(session, row, "open", Act("employee", "", now))
    session.flush()


def attach_to_request(  # noqa: PLR0913 -- the port's arguments, reference and time by keyword
    session: Session, employee_id: str, number: str, file: str, *, name: str, reference: str, now: datetime
) -> None:
    """Add a file (a path readable by us) to a request."""
    row = going_on(session, own_request(session, employee_id, number, to_change=True))
    if done_before(session, reference):
        return
    _still_open_to_words(row)
    event = record(session, row, Act("employee", "", now, reference), "attachment", name)
    attach_file(session, event, path=file, name=name)
    session.flush()


def _still_open_to_words(row: RequestRow) -> None:
    if row.status in ("closed", "cancelled"):
        raise DeskRefusedError(f"status: the request is {row.status}")


def close_request(session: Session, employee_id: str, number: str, *, reference: str, now: datetime) -> None:
    """End it at the requester's word: a solved one is closed, another is cancelled."""
    row = own_request(session, employee_id, number, to_change=True)
    if not done_before(session, reference):
        after: Status = "closed" if row.status == "solved" else "cancelled"
        step(session, row, after, Act("employee", "", now, reference))


def reopen_request(  # noqa: PLR0913 -- the port's arguments, reference and time by keyword
    session: Session, employee_id: str, number: str, reason: str, *, reference: str, now: datetime
) -> None:
    """Take it up again, within the desk's number of days since it was solved."""
    row = own_request(session, employee_id, number, to_change=True)
    if done_before(session, reference):
        return
    if not may_reopen(row.status, row.solved_at, now, rules_of(session).reopen_days):
        raise DeskRefusedError("status: it cannot be reopened (not solved, or too long ago)")
    if reason.strip():
        record(session, row, Act("employee", "", now), "comment", reason)
    step(session, row, "open", Act("employee", "", now, reference))


def rate_request(  # noqa: PLR0913 -- the port's arguments, reference and time by keyword
    session: Session, employee_id: str, number: str, stars: int, comment: str, *, reference: str, now: datetime
) -> None:
    """Keep how well it went, 1 to 5; the latest word stands."""
    row = own_request(session, employee_id, number, to_change=True)
    if done_before(session, reference):
        return
    if stars not in range(1, 6):
        raise DeskRefusedError("stars: from 1 to 5")
    if row.status not in ("solved", "closed"):
        raise DeskRefusedError(f"status: the request is {row.status}, not solved")
    record(session, row, Act("employee", "", now, reference), "rating", f"{stars} {comment}".strip())
    row.rating, row.rating_comment = stars, plain(comment)
    session.flush()


def join_outage(session: Session, employee_id: str, outage_id: str, *, reference: str, now: datetime) -> None:
    """Put them on the list of those who hear when it ends; twice is once."""
    outage = session.get(OutageRow, outage_id)
    if outage is None or (outage.ended_at is not None and outage.ended_at <= now):
        raise DeskRefusedError("outage_id: nothing of that name is broken now")
    if session.get(OutageFollower, (outage_id, employee_id)) is None:
        session.add(OutageFollower(outage_id=outage_id, employee_id=employee_id, reference=reference, at=now))
        session.flush()


def close_solved(session: Session, now: datetime, *, limit: int = 500) -> int:
    """Close what was solved longer ago than a requester may reopen; returns how many, for the sweeper to go on."""
    before = now - timedelta(days=rules_of(session).reopen_days)
    rows = session.scalars(
        select(RequestRow)
        .where(RequestRow.status == "solved", RequestRow.solved_at <= before)
        .order_by(RequestRow.solved_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        step(session, row, "closed", Act("system", "", now))
    return len(rows)
