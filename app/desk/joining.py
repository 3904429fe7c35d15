"""Requests that belong together: duplicates, merged ones, and those that are part of a known outage."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.acting import Agent, open_request, request_at
from app.desk.clocks import stop
from app.desk.history import record
from app.desk.models import OutageFollower, OutageRow, RequestRow
from app.desk.refusals import ActRefusedError
from app.desk.transitions import ENDED


def link_duplicate(session: Session, number: int, other: int, agent: Agent) -> None:
    """Say that it is about the same thing as another, whoever asked; both stay open and both histories tell."""
    row, known = request_at(session, number), _other(session, number, other)
    if row.duplicate_of == other:
        return
    row.duplicate_of = other
    record(session, row, agent.act, "linked", f"#{other}")
    record(session, known, agent.further, "linked", f"#{number}")


def merge(session: Session, number: int, into: int, agent: Agent) -> None:
    """Let a request go on in another of the same employee; they are told once, and their later words go there."""
    row, target = open_request(session, number), _other(session, number, into)
    if target.employee_id != row.employee_id:
        raise ActRefusedError("other_requester")
    if target.status in ENDED or target.merged_into is not None:
        raise ActRefusedError("target_ended")
    stop(session, row, agent.now)
    row.merged_into, row.unanswered_since = into, None
    event = record(session, row, agent.act, "merged", str(into))
    event.status = row.status = "closed"
    row.closed_at = agent.now
    record(session, target, agent.further, "linked", f"#{number}")
    for earlier in session.scalars(select(RequestRow).where(RequestRow.merged_into == number)).all():
        earlier.merged_into = into
    session.flush()


def link_outage(session: Session, number: int, outage_id: str, agent: Agent) -> None:
    """Say that it is part of a known outage; the employee hears when that is over."""
    row, outage = open_request(session, number), session.get(OutageRow, outage_id)
    if outage is None or (outage.ended_at is not None and outage.ended_at <= agent.now):
        raise ActRefusedError("outage_unknown")
    if row.outage_id == outage_id:
        return
    row.outage_id = outage_id
    record(session, row, agent.act, "linked", outage_id)
    if session.get(OutageFollower, (outage_id, row.employee_id)) is None:
        reference = f"desk.{outage_id}.{number}"
        session.add(OutageFollower(outage_id=outage_id, employee_id=row.employee_id, reference=reference, at=agent.now))
    session.flush()


def merged_into(session: Session, number: int) -> list[int]:
    """Which requests go on in this one."""
    return list(session.scalars(select(RequestRow.number).where(RequestRow.merged_into == number)))


def _other(session: Session, number: int, other: int) -> RequestRow:
    if other == number:
        raise ActRefusedError("itself")
    row = session.get(RequestRow, other, with_for_update=True)
    if row is None:
        raise ActRefusedError("other_unknown", number=other)
    return row
