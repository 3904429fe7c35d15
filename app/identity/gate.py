"""What the gate planned, done in the turn's transaction: every limit is weighed again on the state it commits to.

So two conversations thinking at once never exceed a limit of their common address, and no code is used twice.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.db.engine import one_at_a_time
from app.errors import StaleTurnError
from app.identity.limits import is_locked, may_issue, newest_code
from app.identity.models import EmployeeRow, OneTimeCode, WrongCode, to_employee
from app.identity.sessions import start_session
from app.settings import IdentitySettings
from tools.service_desk import Employee

SHOWN_DIGITS = 4  # of the number that asked, in the mail


@dataclass(frozen=True, slots=True)
class IdentityOutcome:
    """What follows: a mail to put in the outbox (`app.identity.mail`), an employee who is now verified."""

    mail: dict[str, Any] | None = None
    employee: Employee | None = None


def apply_identity(  # noqa: PLR0913 -- where, for whom, when and by which rules are all facts of the turn
    session: Session,
    effect: dict[str, Any],
    *,
    conversation_id: str,
    bound_to: str,
    now: datetime,
    settings: IdentitySettings,
) -> IdentityOutcome:
    """Carry out what `CodeGate` planned.

    Raises:
        StaleTurnError: what it was planned from has changed; plan again.
    """
    at = max(now, datetime.fromisoformat(effect["at"]))
    match effect["op"]:
        case "issue":
            return _issue(session, effect, conversation_id, asked_by=bound_to, settings=settings, at=at)
        case "expire":
            _expire(session, effect["ref"], at)
            return IdentityOutcome()
        case "wrong":
            held = _held(session, effect, conversation_id, at, settings)
            _claim(session, held, {"tries": held.tries + 1})
            session.add(WrongCode(email_key=held.email_key, conversation_id=conversation_id, at=at))
            return IdentityOutcome()
        case "right":
            held = _held(session, effect, conversation_id, at, settings)
            employee = _active(session, held.employee_id or "")
            _claim(session, held, {"used_at": at})
            start_session(session, conversation_id, employee.id, bound_to=bound_to, now=now)
            return IdentityOutcome(employee=employee)
    raise ValueError(f"unknown identity effect {effect['op']!r}")


def _issue(  # noqa: PLR0913 -- as above
    session: Session,
    effect: dict[str, Any],
    conversation_id: str,
    *,
    asked_by: str,
    settings: IdentitySettings,
    at: datetime,
) -> IdentityOutcome:
    one_at_a_time(session, effect["email_key"])
    newest = newest_code(session, conversation_id)
    if (newest.ref if newest else "") != effect["after"]:
        raise StaleTurnError("another code was issued meanwhile")
    if may_issue(session, conversation_id, effect["email_key"], at, settings).outcome != "sent":
        raise StaleTurnError("the limit of codes was reached meanwhile")
    row = session.get(EmployeeRow, effect["employee_id"])
    if effect["employee_id"] and (row is None or not row.active):
        raise StaleTurnError("the employee was deactivated meanwhile")
    older = (OneTimeCode.conversation_id == conversation_id, OneTimeCode.replaced_at.is_(None))
    session.execute(update(OneTimeCode).where(*older).values(replaced_at=at))
    issued_at = datetime.fromisoformat(effect["at"])
    session.add(
        OneTimeCode(
            ref=effect["ref"],
            conversation_id=conversation_id,
            email_key=effect["email_key"],
            employee_id=effect["employee_id"] or None,
            hash=effect["hash"],
            issued_at=issued_at,
            expires_at=issued_at + settings.code_life,
        )
    )
    session.flush()
    if row is None:
        return IdentityOutcome()
    shown = asked_by[-SHOWN_DIGITS:] if asked_by.isdecimal() else ""
    return IdentityOutcome(mail={"ref": effect["ref"], "sealed": effect["sealed"], "asked_by": shown})


def _expire(session: Session, ref: str, at: datetime) -> None:
    seen = (OneTimeCode.ref == ref, OneTimeCode.expired_at.is_(None))
    session.execute(update(OneTimeCode).where(*seen).values(expired_at=at))


def _held(
    session: Session, effect: dict[str, Any], conversation_id: str, at: datetime, settings: IdentitySettings
) -> OneTimeCode:
    """The code that was compared, if it still is what it was then."""
    held = newest_code(session, conversation_id)
    if held is None or held.ref != effect["ref"] or held.tries != effect["tries"] or held.used_at is not None:
        raise StaleTurnError("the code was replaced, tried or used meanwhile")
    if held.tries >= settings.code_tries or held.expired_at is not None or at >= held.expires_at:
        raise StaleTurnError("the code ended meanwhile")
    one_at_a_time(session, held.email_key)
    if is_locked(session, held.email_key, at, settings):
        raise StaleTurnError("the address was locked meanwhile")
    return held


def _claim(session: Session, held: OneTimeCode, change: dict[str, Any]) -> None:
    """Change the code only if nobody else has since it was read."""
    same = (OneTimeCode.id == held.id, OneTimeCode.tries == held.tries, OneTimeCode.used_at.is_(None))
    if session.connection().execute(update(OneTimeCode).where(*same).values(change)).rowcount != 1:
        raise StaleTurnError("the code was tried or used meanwhile")
    session.expire(held)


def _active(session: Session, employee_id: str) -> Employee:
    row = session.get(EmployeeRow, employee_id)
    if row is None or not row.active:
        raise StaleTurnError("the employee was deactivated meanwhile")
    return to_employee(row)
