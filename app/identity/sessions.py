"""Verified sessions: who a conversation's contact was proven to be, and for how long that holds."""

from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, select, update
from sqlalchemy.orm import Session

from app.identity.models import EmployeeRow, VerifiedSession, to_employee
from app.settings import IdentitySettings
from tools.service_desk import Employee

LATEST = (  # put together once: every turn reads it twice
    select(VerifiedSession)
    .where(VerifiedSession.conversation_id == bindparam("conversation_id"))
    .order_by(VerifiedSession.id.desc())
    .limit(1)
)
SPOKEN = frozenset({"logout", "replaced"})  # ends that the employee hears of when they happen


def start_session(
    session: Session, conversation_id: str, employee_id: str, *, bound_to: str, now: datetime
) -> VerifiedSession:
    """Begin a session for this conversation; the one before it is replaced. Other conversations keep theirs."""
    end_session(session, conversation_id, because="replaced", now=now)
    started = VerifiedSession(
        conversation_id=conversation_id, employee_id=employee_id, bound_to=bound_to, started_at=now, last_seen_at=now
    )
    session.add(started)
    session.flush()
    return started


def current_session(
    session: Session, conversation_id: str, bound_to: str, now: datetime, settings: IdentitySettings
) -> tuple[Employee | None, str]:
    """Who writes, or why their last session is over ("" when that was told or there was none). Only reads.

    Reasons: idle, age, number_changed, disabled, logout, replaced.
    """
    latest = _latest(session, conversation_id)
    if latest is None:
        return None, ""
    if latest.ended_at is not None:
        return None, "" if latest.told else latest.ended_because
    employee = session.get(EmployeeRow, latest.employee_id)
    reason = _over(latest, employee, bound_to, now, settings)
    return (None, reason) if reason or employee is None else (to_employee(employee), "")


def touch_session(
    session: Session, conversation_id: str, bound_to: str, now: datetime, settings: IdentitySettings
) -> None:
    """Keep the session alive, or record its end and that it was told; belongs in every turn's transaction."""
    latest = _latest(session, conversation_id)
    if latest is None:
        return
    if latest.ended_at is None:
        employee = session.get(EmployeeRow, latest.employee_id)
        reason = _over(latest, employee, bound_to, now, settings)
        if not reason:
            latest.last_seen_at = max(latest.last_seen_at, now)
            return
        latest.ended_at, latest.ended_because = now, reason
    latest.told = True


def end_session(session: Session, conversation_id: str, *, because: str, now: datetime) -> None:
    """End the conversation's session, if one is open."""
    _end(session, VerifiedSession.conversation_id == conversation_id, because, now)


def end_sessions_of(session: Session, employee_id: str, *, because: str, now: datetime) -> None:
    """End every session of an employee, on whatever phone."""
    _end(session, VerifiedSession.employee_id == employee_id, because, now)


def _end(session: Session, whose: ColumnElement[bool], because: str, now: datetime) -> None:
    ended = {"ended_at": now, "ended_because": because, "told": because in SPOKEN}
    session.execute(update(VerifiedSession).where(whose, VerifiedSession.ended_at.is_(None)).values(ended))


def _latest(session: Session, conversation_id: str) -> VerifiedSession | None:
    return session.scalar(LATEST, {"conversation_id": conversation_id})


def _over(
    held: VerifiedSession, employee: EmployeeRow | None, bound_to: str, now: datetime, settings: IdentitySettings
) -> str:
    if employee is None or not employee.active:
        return "disabled"
    if held.bound_to != bound_to:
        return "number_changed"
    if now - held.started_at >= settings.session_age:
        return "age"
    return "idle" if now - held.last_seen_at >= settings.session_idle else ""
