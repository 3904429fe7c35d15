"""How an employee can be reached about a request: on the phone they proved to be theirs, by a template, by mail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Conversation
from app.desk.models import RequestRow
from app.identity.models import EmployeeRow, VerifiedSession
from app.service_window import ServiceWindow
from app.settings import Settings

Unreached = Literal["", "erased", "left", "never", "logged_out", "other_phone"]
"""Why no phone may be told: `ways.why.NAME` on a page. erased: nothing is known of them any more; left: not active."""

ENDS: dict[str, Unreached] = {
    "": "", "idle": "", "age": "", "logout": "logged_out", "disabled": "left", "number_changed": "other_phone",
    "replaced": "other_phone",
}  # fmt: skip
"""What the end of a session says about its phone: silence alone does not make it somebody else's."""

LOOKED_AT = 20  # sessions of one employee, newest first


@dataclass(frozen=True, slots=True)
class Phone:
    """The conversation an employee is told in; None when there is none, and why."""

    conversation: Conversation | None
    because: Unreached = ""


@dataclass(frozen=True, slots=True)
class Ways:
    """What can be done now. `conversation_id` and `window` are of the phone that may be told, if any.

    `template`: one is configured that asks them to write, after which what is held follows. `mail`: the address that
    `app.request_mail.send_by_mail` would write to, "" = none.
    """

    conversation_id: int | None
    window: ServiceWindow
    because: Unreached
    template: bool
    mail: str

    def whatsapp(self, now: datetime) -> Literal["open", "closed", "nobody"]:
        """Whether free words written now arrive, are held until the employee writes, or reach nobody."""
        if self.conversation_id is None:
            return "nobody"
        return "open" if self.window.is_open(now) else "closed"


def ways_to_reach(session: Session, request: RequestRow, settings: Settings) -> Ways:
    """Read how the requester can be reached."""
    phone = phone_of(session, request.employee_id)
    conversation = phone.conversation
    employee = session.get(EmployeeRow, request.employee_id)
    sends_mail = bool(settings.mail.host and settings.mail.sender)
    return Ways(
        conversation_id=conversation.id if conversation else None,
        window=ServiceWindow.after(conversation.last_inbound_at if conversation else None),
        because=phone.because,
        template=bool(settings.whatsapp.reopen_template),
        mail=(employee.email or "") if employee and employee.active and sends_mail else "",
    )


def phone_of(session: Session, employee_id: str) -> Phone:
    """Where they proved themselves last, if that phone still is theirs: nobody else has proved themselves there since.

    When none is, `because` is what is known of the one they used last.
    """
    employee = session.get(EmployeeRow, employee_id)
    if employee is None:
        return Phone(None, "erased")
    if not employee.active:
        return Phone(None, "left")
    because: list[Unreached] = []
    seen: set[str] = set()
    for held in _sessions(session, employee_id):
        if held.conversation_id in seen:
            continue
        seen.add(held.conversation_id)
        conversation, reason = _judged(session, held)
        if conversation is not None and not reason:
            return Phone(conversation)
        because.append(reason or "other_phone")
    return Phone(None, because[0] if because else "never")


def _sessions(session: Session, employee_id: str) -> list[VerifiedSession]:
    theirs = select(VerifiedSession).where(VerifiedSession.employee_id == employee_id)
    return list(session.scalars(theirs.order_by(VerifiedSession.id.desc()).limit(LOOKED_AT)))


def _judged(session: Session, held: VerifiedSession) -> tuple[Conversation | None, Unreached]:
    """Their newest session of a conversation: whether that conversation still is theirs."""
    if ended := ENDS.get(held.ended_because, "other_phone"):
        return None, ended
    newer = select(VerifiedSession.id).where(
        VerifiedSession.conversation_id == held.conversation_id, VerifiedSession.id > held.id
    )
    if session.scalar(newer.limit(1)) is not None:  # of somebody else: ours is the newest of theirs
        return None, "other_phone"
    conversation = session.get(Conversation, int(held.conversation_id))
    if conversation is None:
        return None, "erased"
    return conversation, "" if conversation.bound_to == held.bound_to else "other_phone"
