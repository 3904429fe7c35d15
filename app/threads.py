"""A request as staff read it: its history in order with files and what became of each reply, and the conversation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import transcript
from app.db.models import Conversation, MediaFile, OutboxEntry
from app.desk.history import history_of
from app.desk.models import AttachmentRow, RequestEvent, RequestRow
from app.identity.models import EmployeeRow, VerifiedSession
from app.news import NEWS, PARTS
from app.ways import phone_of
from app.whatsapp.codes import REACTIONS, Reaction
from graph.language.port import Line

SHOWN_LINES = 80  # of the conversation
SHOWN_OTHERS = 8  # other requests of the employee
PICTURES = ("image/jpeg", "image/png", "image/webp")
# How far a reply in several messages has come is how far the last of them has; trouble of any one comes first.
WORST_FIRST = ("failed", "dead", "held", "dropped", "new", "sending", "sent", "delivered", "read")
RECIPIENT = frozenset({131021, 131026, 131030, 131062})


@dataclass(frozen=True, slots=True)
class File:
    """A file of an event. `state`: waiting, stored, failed."""

    id: int
    name: str
    is_picture: bool
    state: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of an agent's words on their way to the employee.

    `state` as the outbox has it, or "unreachable" (nobody to send to), "coming" (not in the outbox yet), "mail".
    `reason`: a word for why they failed, which pages have a sentence for.
    """

    state: str
    reason: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event with what belongs to it."""

    event: RequestEvent
    files: tuple[File, ...]
    delivery: Delivery | None


@dataclass(frozen=True, slots=True)
class Person:
    """The requester; `name` "" = nothing is known of them any more."""

    id: str
    name: str = ""
    email: str = ""
    location: str = ""
    department: str = ""
    language: str = ""
    vip: bool = False
    active: bool = False
    verified: bool = False
    others: tuple[RequestRow, ...] = ()


def thread_of(session: Session, row: RequestRow) -> list[Entry]:
    """All that happened, oldest first."""
    events = history_of(session, row.number)
    files = _files(session, row.number)
    deliveries = _deliveries(session, row, events)
    return [Entry(event, tuple(files.get(event.id, ())), deliveries.get(event.id)) for event in events]


def file_at(session: Session, number: int, file_id: int) -> tuple[str, str] | None:
    """Where a file of this request is below the data directory, and its name; None for another's."""
    row = session.get(AttachmentRow, file_id)
    if row is None or row.number != number:
        return None
    media = session.get(MediaFile, row.wamid) if row.wamid else None
    path = media.path if media is not None else row.path
    return path, row.name or (media.name if media is not None else "") or f"{number}-{file_id}"


def person_of(session: Session, row: RequestRow) -> Person:
    """Who asked, and what else they asked for, what is open first."""
    employee = session.get(EmployeeRow, row.employee_id)
    others = session.scalars(
        select(RequestRow)
        .where(RequestRow.employee_id == row.employee_id, RequestRow.number != row.number)
        .order_by(RequestRow.updated_at.desc())
        .limit(SHOWN_OTHERS)
    ).all()
    if employee is None:
        return Person(row.employee_id, others=tuple(others))
    proof = select(VerifiedSession.id).where(
        VerifiedSession.employee_id == employee.id, VerifiedSession.ended_at.is_(None)
    )
    return Person(
        id=employee.id,
        name=employee.name,
        email=employee.email or "",
        location=employee.location,
        department=employee.department,
        language=employee.language,
        vip=employee.vip,
        active=employee.active,
        verified=session.scalar(proof.limit(1)) is not None,
        others=tuple(others),
    )


def conversation_lines(session: Session, row: RequestRow) -> Sequence[Line]:
    """The end of the conversation it came from; nothing when that is gone."""
    if not row.conversation_id or not row.conversation_id.isdigit():
        return ()
    return transcript.newest(session, int(row.conversation_id), limit=SHOWN_LINES)


def contact_of(session: Session, row: RequestRow) -> Conversation | None:
    """The conversation their words go to."""
    return phone_of(session, row.employee_id).conversation


def _files(session: Session, number: int) -> Mapping[int, list[File]]:
    rows = session.execute(
        select(AttachmentRow, MediaFile)
        .outerjoin(MediaFile, MediaFile.wamid == AttachmentRow.wamid)
        .where(AttachmentRow.number == number)
        .order_by(AttachmentRow.id)
    )
    found: dict[int, list[File]] = {}
    for attached, media in rows:
        found.setdefault(attached.event_id, []).append(_file(attached, media))
    return found


def _file(attached: AttachmentRow, media: MediaFile | None) -> File:
    if media is None:
        state = "stored" if attached.path else "failed"
        picture = attached.name.lower().endswith((".jpg", ".jpeg", ".png", ".webp"))
        return File(attached.id, attached.name, is_picture=picture, state=state)
    is_picture = media.mime_type.partition(";")[0].strip().lower() in PICTURES
    name = attached.name or media.name or media.mime_type.partition(";")[0]
    return File(attached.id, name, is_picture=is_picture, state=media.state)


def _deliveries(session: Session, row: RequestRow, events: Sequence[RequestEvent]) -> dict[int, Delivery]:
    """Of everything an agent said; read from the outbox by the numbers its entries have."""
    spoken = [event for event in events if event.by == "agent" and event.kind in ("comment", "attachment")]
    if not spoken:
        return {}
    entries = session.scalars(
        select(OutboxEntry)
        .where(OutboxEntry.conversation_id.in_(_conversations(session, row)), OutboxEntry.version == NEWS)
        .where(OutboxEntry.part.between(spoken[0].id * PARTS, spoken[-1].id * PARTS + PARTS - 1))
    )
    parts: dict[int, list[OutboxEntry]] = {}
    for entry in entries:
        parts.setdefault(entry.part // PARTS, []).append(entry)
    return {event.id: _delivery(event, parts.get(event.id, ())) for event in spoken if event.public}


def _conversations(session: Session, row: RequestRow) -> set[int]:
    """Every conversation that was proven to be theirs: replies went to the newest of its time."""
    proven = session.scalars(
        select(VerifiedSession.conversation_id).where(VerifiedSession.employee_id == row.employee_id).distinct()
    )
    return {int(known) for known in (*proven, row.conversation_id or "") if known.isdigit()}


def _delivery(event: RequestEvent, entries: Sequence[OutboxEntry]) -> Delivery:
    if event.way == "mail":
        return Delivery("mail")
    if not entries:
        return Delivery("unreachable" if event.told_at is not None else "coming")
    worst = min(entries, key=lambda entry: WORST_FIRST.index(entry.state) if entry.state in WORST_FIRST else 0)
    reason = reason_of(worst.error) if worst.state in ("failed", "dead") else ""
    return Delivery(worst.state, reason, worst.error)


def reason_of(error: str) -> str:
    """Say why words failed: recipient, form, file, marketing, gave_up, unclear. `error` begins with Meta's code."""
    first = error.partition(" ")[0].rstrip(":")
    code = int(first) if first.isascii() and first.isdigit() else 0
    if code in RECIPIENT:
        return "recipient"
    if code in (131052, 131053):
        return "file"
    if code in (130472, 131049, 131050):
        return "marketing"
    if error.startswith(("given up", "no answer")):
        return "gave_up"
    return "form" if REACTIONS.get(code) is Reaction.NEVER else "unclear"


def newest_event(entries: Sequence[Entry]) -> int:
    """What a form tells that its writer has seen."""
    return max((entry.event.id for entry in entries), default=0)


def first_due(row: RequestRow) -> datetime:
    """The promise that comes next."""
    return row.resolution_due if row.responded_at else row.first_response_due
