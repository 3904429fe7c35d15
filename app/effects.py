"""What a turn wants done, carried out in the turn's own transaction; each effect announces itself to the employee."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app import handovers, outbox
from app.audit.chain import note
from app.db.models import DataWish
from app.desk import requests
from app.desk.hours import reception_opens_at
from app.identity.gate import apply_identity
from app.identity.models import EmployeeRow
from app.identity.sessions import current_session, end_session
from app.knowledge.evidence import record_outcome
from app.privacy.notices import accepted, shown
from app.settings import IdentitySettings
from graph.announce import Outcome, announce
from graph.messages import Reply
from retrieval.passage import Language
from tools.effects import (
    AnswerOutcome,
    CloseRequest,
    CommentRequest,
    CreateRequest,
    DataRequest,
    Effect,
    EndSession,
    HandBack,
    HandOff,
    IdentityEffect,
    JoinOutage,
    NoticeShown,
    RateRequest,
    ReopenRequest,
    SwitchNotices,
)
from tools.service_desk import DeskRefusedError, Employee

MAIL_PARTS = 1000  # a turn's mails are numbered from here, its messages from 0
OF_THE_DESK = CreateRequest | CommentRequest | CloseRequest | ReopenRequest | RateRequest | JoinOutage


@dataclass(frozen=True, slots=True)
class Scene:
    """Where effects take place: whose conversation, which turn."""

    conversation_id: int
    version: int  # of the turn being committed
    bound_to: str
    principal: Employee | None
    language: Language
    now: datetime
    prompts: str
    identity: IdentitySettings
    trace: str | None = None  # of the turn; what it sends continues it


def apply_effects(session: Session, effects: Sequence[Effect], scene: Scene) -> list[Reply]:
    """Carry them out in order; the replies say what became of each."""
    zone = scene.principal.timezone if scene.principal else "America/Sao_Paulo"
    replies: list[Reply] = []
    for position, effect in enumerate(effects):
        outcome = _apply(session, effect, scene, position)
        replies += announce(effect, outcome, scene.language, zone)
    return replies


def _apply(session: Session, effect: Effect, scene: Scene, position: int) -> Outcome:
    match effect:
        case IdentityEffect():
            _identity(session, effect, scene, MAIL_PARTS + position)
        case EndSession():
            end_session(session, str(scene.conversation_id), because=effect.reason, now=scene.now)
        case HandOff():
            return _hand_off(session, effect, scene)
        case HandBack():
            handovers.call_back(session, scene.conversation_id, scene.now)
        case AnswerOutcome():
            _answer_outcome(session, effect, scene)
        case SwitchNotices():
            return _switch_notices(session, effect, scene)
        case DataRequest():
            wish = DataWish(conversation_id=scene.conversation_id, wish=effect.wish, at=scene.now)
            wish.employee_id = scene.principal.id if scene.principal else ""
            session.add(wish)
            session.flush()
            note(session, f"privacy.asked_{effect.wish}", f"wish {wish.id}", scene.now, by="employee")
        case NoticeShown():
            shown(session, scene.conversation_id, effect.version, scene.language, scene.now)
        case _:
            return _desk(session, effect, scene, f"c{scene.conversation_id}.{scene.version}.{position}")
    return None


def _switch_notices(session: Session, effect: SwitchNotices, scene: Scene) -> Outcome:
    employee = session.get(EmployeeRow, scene.principal.id) if scene.principal else None
    if employee is None:
        return DeskRefusedError("nobody is verified in this conversation")
    employee.notices_off = not effect.wanted
    return None


def _answer_outcome(session: Session, effect: AnswerOutcome, scene: Scene) -> None:
    """Who asked may have been proven in this very turn."""
    employee = scene.principal
    if employee is None:
        where = session, str(scene.conversation_id), scene.bound_to, scene.now, scene.identity
        employee, _ = current_session(*where)
    record_outcome(
        session,
        effect,
        conversation_id=scene.conversation_id,
        employee=employee,
        language=scene.language,
        now=scene.now,
    )


def _desk(session: Session, effect: OF_THE_DESK, scene: Scene, reference: str) -> Outcome:
    """A WRITE on the embedded desk; what it refuses is undone alone and told."""
    if scene.principal is None:
        return DeskRefusedError("nobody is verified in this conversation")
    try:
        with session.begin_nested():
            return _write(session, effect, scene, scene.principal, reference)
    except DeskRefusedError as refused:
        return refused


def _write(session: Session, effect: OF_THE_DESK, scene: Scene, employee: Employee, reference: str) -> Outcome:
    now = scene.now
    match effect:
        case CreateRequest():
            conversation = str(scene.conversation_id)
            return requests.create_request(
                session,
                employee=employee,
                conversation_id=conversation,
                draft=effect.draft,
                reference=effect.nonce,
                now=now,
            )
        case CommentRequest():
            requests.comment_request(
                session,
                employee.id,
                effect.number,
                effect.text,
                reference=reference,
                now=now,
                attachments=effect.attachments,
            )
        case CloseRequest():
            requests.close_request(session, employee.id, effect.number, reference=reference, now=now)
        case ReopenRequest():
            requests.reopen_request(session, employee.id, effect.number, effect.reason, reference=reference, now=now)
        case RateRequest():
            requests.rate_request(
                session, employee.id, effect.number, effect.stars, effect.comment, reference=reference, now=now
            )
        case JoinOutage():
            requests.join_outage(session, employee.id, effect.outage_id, reference=reference, now=now)
    return None


def _identity(session: Session, effect: IdentityEffect, scene: Scene, part: int) -> None:
    outcome = apply_identity(
        session,
        effect.data,
        conversation_id=str(scene.conversation_id),
        bound_to=scene.bound_to,
        now=scene.now,
        settings=scene.identity,
    )
    if outcome.employee is not None:
        accepted(session, scene.conversation_id, outcome.employee.id, scene.now)
    if outcome.mail is not None:
        slot = outbox.Slot(scene.conversation_id, scene.version, part, scene.trace)
        outbox.put(session, slot, "mail", outcome.mail, now=scene.now)


def _hand_off(session: Session, effect: HandOff, scene: Scene) -> Outcome:
    handovers.begin(session, scene.conversation_id, effect.reason, effect.summary, scene.now)
    return reception_opens_at(session, scene.now, scene.language)
