"""A request as staff read it: its history in order with files and what became of each reply, and the conversation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import transcript
from app.db.models import MediaFile
from app.delivered import Delivered, delivery_of
from app.desk.history import history_of
from app.desk.models import AttachmentRow, RequestEvent, RequestRow
from app.identity.models import EmployeeRow, VerifiedSession
from graph.language.port import Line

SHOWN_LINES = 80  # of the conversation
SHOWN_OTHERS = 8  # other requests of the employee
PICTURES = ("image/jpeg", "image/png", "image/webp")


@dataclass(frozen=True, slots=True)
class File:
    """A file of an event. `state`: waiting, stored, failed."""

    id: int
    name: str
    is_picture: bool
    state: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event with what belongs to it."""

    event: RequestEvent
    files: tuple[File, ...]
    delivery: Delivered | None


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
    spoken = [event.id for event in events if event.by == "agent" and event.kind in ("comment", "attachment")]
    deliveries = delivery_of(session, spoken)
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


def newest_event(entries: Sequence[Entry]) -> int:
    """What a form tells that its writer has seen."""
    return max((entry.event.id for entry in entries), default=0)
