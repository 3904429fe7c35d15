"""One person's data as a ZIP: JSON for machines, a page for people, and the files."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import AnswerRecord, Conversation, HandOffNote, InboxMessage, MediaFile, OutboxEntry
from app.desk.models import AttachmentRow, OutageFollower, RequestEvent, RequestRow
from app.identity.models import EmployeeRow, VerifiedSession
from app.privacy.notices import notices_of
from app.privacy.person import Person, Talk
from app.transcript import words
from app.uploads import clean_name

WORDS = {  # the page's own, in the languages of employees
    "pt-BR": {
        "title": "Seus dados", "made": "Feito em", "profile": "Cadastro", "conversations": "Conversas",
        "requests": "Chamados", "you": "Você", "us": "Atendimento", "notices": "Avisos de privacidade",
        "files": "Arquivos", "answers": "Perguntas", "shown": "mostrado em", "accepted": "aceito em",
        "left_out": "Notas internas da equipe não estão incluídas.",
    },
    "es": {
        "title": "Tus datos", "made": "Hecho el", "profile": "Registro", "conversations": "Conversaciones",
        "requests": "Solicitudes", "you": "Tú", "us": "Soporte", "notices": "Avisos de privacidad",
        "files": "Archivos", "answers": "Preguntas", "shown": "mostrado el", "accepted": "aceptado el",
        "left_out": "Las notas internas del equipo no están incluidas.",
    },
    "en": {
        "title": "Your data", "made": "Made on", "profile": "Profile", "conversations": "Conversations",
        "requests": "Requests", "you": "You", "us": "Help desk", "notices": "Privacy notices",
        "files": "Files", "answers": "Questions", "shown": "shown on", "accepted": "accepted on",
        "left_out": "Internal notes of the team are not included.",
    },
}  # fmt: skip
PUBLIC = ("created", "comment", "status", "attachment", "rating", "assigned")  # what an employee may read
HERE = Path(__file__).parent


def gather(session: Session, person: Person, now: datetime) -> dict[str, Any]:
    """All that is kept about somebody, as plain values. Internal notes of agents are not theirs."""
    row = session.get(EmployeeRow, person.employee_id) if person.employee_id else None
    requests = select(RequestRow).where(RequestRow.number.in_(person.requests)).order_by(RequestRow.number)
    followed = select(OutageFollower.outage_id).where(OutageFollower.employee_id == person.employee_id)
    return {
        "made_at": now,
        "profile": _facts(row) if row is not None else {},
        "conversations": [_talk(session, talk) for talk in person.talks],
        "requests": [_request(session, one) for one in session.scalars(requests)],
        "outages_followed": list(session.scalars(followed)),
        "privacy_notices": [
            _facts(one, "id", "conversation_id", "employee_id")
            for one in notices_of(session, person.employee_id, [talk.id for talk in person.talks if talk.is_theirs])
        ],
    }


def pack(data_dir: Path, told: dict[str, Any], language: str) -> bytes:
    """The ZIP; files that are gone are named and left out. Blocks for the disk."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, file in enumerate(_files(told), 1):
            path = data_dir / file.pop("path")
            file["file"] = ""
            if path.resolve().is_relative_to(data_dir.resolve()) and path.is_file():
                file["file"] = f"files/{number:04}-{clean_name(file['name'])}"
                archive.write(path, file["file"])
        archive.writestr("data.json", json.dumps(told, indent=2, ensure_ascii=False, default=str))
        archive.writestr("data.html", _page(told, language))
    return packed.getvalue()


def _page(told: dict[str, Any], language: str) -> str:
    templates = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    known = language if language in WORDS else "pt-BR"
    return templates.get_template("page.html").render(told=told, w=WORDS[known], language=known)


def _files(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in (*told["conversations"], *told["requests"]):
        yield from part["files"]


def _talk(session: Session, talk: Talk) -> dict[str, Any]:
    contact = session.get_one(Conversation, talk.id)
    mine = InboxMessage.conversation_id == talk.id, talk.during(InboxMessage.received_at)
    heard = session.scalars(select(InboxMessage).where(*mine))
    said = session.scalars(
        select(OutboxEntry).where(
            OutboxEntry.conversation_id == talk.id, OutboxEntry.kind == "message", talk.during(OutboxEntry.created_at)
        )
    )
    lines = [{"at": one.received_at, "by": "you", "text": one.body.get("text", ""), "raw": one.body} for one in heard]
    lines += [
        {"at": one.created_at, "by": "us", "text": words(one.body), "raw": one.body, "state": one.state} for one in said
    ]
    files = session.scalars(select(MediaFile).where(MediaFile.wamid.in_(select(InboxMessage.wamid).where(*mine))))
    proofs = select(VerifiedSession).where(VerifiedSession.conversation_id == str(talk.id))
    asked = select(AnswerRecord).where(AnswerRecord.conversation_id == talk.id, talk.during(AnswerRecord.at))
    handed = select(HandOffNote).where(HandOffNote.conversation_id == talk.id, talk.during(HandOffNote.at))
    who = _facts(contact, "checkpoint", "version") if talk.is_theirs else {"id": talk.id}
    return {
        **who,
        "messages": sorted(lines, key=lambda line: line["at"]),
        "files": [{"name": one.name or one.mime_type, "type": one.mime_type, "path": one.path} for one in files],
        "sessions": [_facts(one, "id", "conversation_id") for one in session.scalars(proofs) if talk.is_theirs],
        "questions": [_facts(one, "id", "conversation_id") for one in session.scalars(asked)],
        "hand_offs": [_facts(one, "id", "conversation_id") for one in session.scalars(handed)],
    }


def _request(session: Session, row: RequestRow) -> dict[str, Any]:
    events = select(RequestEvent).where(RequestEvent.number == row.number, RequestEvent.public)
    files = select(AttachmentRow).where(AttachmentRow.number == row.number, AttachmentRow.path != "")
    public = select(RequestEvent.id).where(RequestEvent.number == row.number, RequestEvent.public)
    return {
        **_facts(row, "reference", "look_at", "last_comment_id", "assignee_id"),
        "history": [
            _facts(one, "id", "number", "tell", "told_at", "reference")
            for one in session.scalars(events.where(RequestEvent.kind.in_(PUBLIC)).order_by(RequestEvent.id))
        ],
        "files": [
            {"name": one.name, "type": "", "path": one.path}
            for one in session.scalars(files.where(AttachmentRow.event_id.in_(public)))
        ],
    }


def _facts(row: Any, *but: str) -> dict[str, Any]:
    names = (column.key for column in row.__table__.columns)
    return {name: getattr(row, name) for name in names if name not in but}
