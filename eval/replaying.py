"""Stored conversations as cases: what was written and tapped, how the desk stood before and after, nobody's data."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import Conversation, InboxMessage
from app.desk.models import OutageRow, RequestEvent, RequestRow
from app.errors import RecadoError
from app.identity.models import EmployeeRow, VerifiedSession, to_employee
from app.settings import CompanySettings
from eval.company_files import PERSON, write_company
from eval.strangers import DOMAIN, Strangers
from prompts.texts import known_language
from tools.service_desk import Employee

CODE = re.compile(r"(?<!\d)\d{3}[ -]?\d{3}(?!\d)")
A_PAUSE = timedelta(minutes=30)  # of silence that a case should play too
LONGEST = 40  # steps of a case
BESIDE_A_CODE = 6  # words; with more it is a message that has a number in it
FILES = ("image", "document", "audio", "video", "sticker")
FOLLOWED = "comment", "status"  # what agents do that the employee heard of


class NoConversationError(RecadoError):
    """There is nothing to make a case of; the sentence says why."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """Something that happened, and the steps that play it."""

    at: datetime
    steps: tuple[dict[str, Any], ...]


def write_cases(session: Session, wanted: Sequence[str], folder: Path, settings: CompanySettings) -> Path:
    """Write `cases.yaml` and a `company/` to play them in; raises NoConversationError.

    `wanted`: conversation ids or numbers (BSUIDs) of contacts.
    """
    contacts = [_find(session, name) for name in wanted]
    cases = [_case(session, contact) for contact in contacts]
    employee = _employee(session, contacts[0])
    stranger = _made_up(employee, contacts[0].language)
    write_company(session, folder / "company", settings, stranger)
    suite = {"suite": "replayed", "layer": "conversation", "about": "Conversations that took place.", "cases": cases}
    file = folder / "cases.yaml"
    file.write_text(yaml.safe_dump(suite, allow_unicode=True, sort_keys=False, width=110), "utf-8")
    return file


def _find(session: Session, name: str) -> Conversation:
    by_contact = select(Conversation).where((Conversation.wa_id == name) | (Conversation.bsuid == name))
    found = session.get(Conversation, int(name)) if name.isdecimal() and len(name) < 10 else None
    found = found or session.scalars(by_contact).first()
    if found is None:
        raise NoConversationError(f"There is no conversation {name}.")
    return found


def _employee(session: Session, contact: Conversation) -> Employee | None:
    latest = (
        select(VerifiedSession)
        .where(VerifiedSession.conversation_id == str(contact.id))
        .order_by(VerifiedSession.id.desc())
    )
    held = session.scalars(latest).first()
    row = session.get(EmployeeRow, held.employee_id) if held else None
    return to_employee(row) if row else None


def _made_up(employee: Employee | None, language: str) -> Employee:
    known = employee.language if employee else known_language(language)
    name = Strangers(known, "", ()).name
    made_up = {"id": "E1", "name": name, "email": f"{PERSON}@{DOMAIN}"}
    if employee is None:
        return Employee(**made_up, language=known)
    return employee.model_copy(update=made_up)


def _case(session: Session, contact: Conversation) -> dict[str, Any]:
    heard = list(
        session.scalars(
            select(InboxMessage).where(InboxMessage.conversation_id == contact.id).order_by(InboxMessage.seq)
        )
    )
    if not heard:
        raise NoConversationError(f"Conversation {contact.id} has no message.")
    employee = _employee(session, contact)
    others = session.scalars(select(EmployeeRow.name))
    strangers = Strangers(known_language(contact.language), employee.name if employee else contact.profile_name, others)
    began = heard[0].received_at
    starts = _sessions(session, contact)
    requests = _requests(session, employee)
    steps = _steps(session, contact, heard, requests, starts, strangers)
    given = [row for row in requests if row.created_at < began]
    new = [row for row in requests if row.created_at >= began and row.conversation_id == str(contact.id)]
    return {
        "id": f"replayed-{contact.id}",
        "tags": ["replayed"],
        "employee": PERSON,
        "verified": any(start < began for start in starts),
        "language": known_language(contact.language),
        "now": began.astimezone(UTC).isoformat(),
        "given": {
            "outages": _outages(session, began),
            "requests": [_given(row, strangers) for row in given],
        },
        "turns": steps[:LONGEST],
        "expect": {
            "requests": [_wanted(row, strangers) for row in new],
            "conversation": {"handed_over": contact.handed_over, "verified": bool(starts)},
        },
        "reward_basis": ["state"],
    }


def _sessions(session: Session, contact: Conversation) -> list[datetime]:
    started = select(VerifiedSession.started_at).where(VerifiedSession.conversation_id == str(contact.id))
    return list(session.scalars(started))


def _requests(session: Session, employee: Employee | None) -> list[RequestRow]:
    if employee is None:
        return []
    wanted = select(RequestRow).where(RequestRow.employee_id == employee.id).order_by(RequestRow.number)
    return list(session.scalars(wanted))


def _steps(  # noqa: PLR0913, PLR0917 -- one step with one caller
    session: Session,
    contact: Conversation,
    heard: Sequence[InboxMessage],
    requests: Sequence[RequestRow],
    starts: Sequence[datetime],
    strangers: Strangers,
) -> list[dict[str, Any]]:
    moments = [*_turns(heard, starts, strangers), *_agents(session, contact, requests, strangers)]
    steps: list[dict[str, Any]] = []
    before: datetime | None = None
    for moment in sorted(moments, key=lambda each: each.at):
        if before is not None and moment.at - before >= A_PAUSE:
            steps.append({"wait": f"{int((moment.at - before).total_seconds() // 60)}m"})
        steps += moment.steps
        before = moment.at
    return steps


def _turns(heard: Sequence[InboxMessage], starts: Sequence[datetime], strangers: Strangers) -> Iterator[_Moment]:
    """The messages of each turn; words that were one burst are one again."""
    turns: dict[tuple[int, int], list[InboxMessage]] = {}
    for message in heard:
        turns.setdefault((message.version or 0, 0 if message.version else message.seq), []).append(message)
    for burst in turns.values():
        at = burst[0].received_at
        proved = any(timedelta(0) <= start - at < timedelta(minutes=5) for start in starts)
        words = [message for message in burst if message.body.get("kind") == "text"]
        if len(words) == len(burst) > 1:
            yield _Moment(at, ({"burst": [strangers.replaced(str(m.body.get("text", ""))) for m in burst]},))
        else:
            yield _Moment(at, tuple(_step(message.body, strangers, proved=proved) for message in burst))


def _step(body: dict[str, Any], strangers: Strangers, *, proved: bool) -> dict[str, Any]:
    """What plays one message; what no case can play is something the channel does not show."""
    kind, text = body.get("kind", "text"), str(body.get("text", ""))
    if kind in FILES:
        name = str((body.get("media") or {}).get("name", ""))
        return {"file": {"kind": kind, "caption": strangers.replaced(text), "name": strangers.replaced(name)}}
    if not text.strip() or kind not in ("text", "tap", "reaction"):
        return {"raw": {"type": "unsupported", "unsupported": {"type": kind}}}
    if kind != "text":
        return {"tap" if kind == "tap" else "react": text}
    return _words(text, strangers, proved=proved)


def _words(text: str, strangers: Strangers, *, proved: bool) -> dict[str, Any]:
    """Words, but for a code and an address: of these a case has its own."""
    if CODE.search(text) and len(CODE.sub("", text).split()) <= BESIDE_A_CODE:
        return {"code": "right" if proved else "wrong"}
    if re.fullmatch(r"\s*\S+@\S+\.\S+\s*", text):
        return {"email": True}
    return {"say": strangers.replaced(text)}


def _agents(
    session: Session, contact: Conversation, requests: Sequence[RequestRow], strangers: Strangers
) -> Iterator[_Moment]:
    numbers = [row.number for row in requests if row.conversation_id == str(contact.id)]
    events = select(RequestEvent).where(
        RequestEvent.number.in_(numbers), RequestEvent.by == "agent", RequestEvent.kind.in_(FOLLOWED), RequestEvent.tell
    )
    for event in session.scalars(events.order_by(RequestEvent.id)):
        act = {"reply": strangers.replaced(event.text)} if event.kind == "comment" else {"status": event.status}
        yield _Moment(event.at, ({"agent": act},))


def _outages(session: Session, at: datetime) -> list[str]:
    return [
        outage.id for outage in session.scalars(select(OutageRow)) if outage.ended_at is None or outage.ended_at > at
    ]


def _given(row: RequestRow, strangers: Strangers) -> dict[str, Any]:
    return {
        "category": row.category_id,
        "title": strangers.replaced(row.title),
        "description": strangers.replaced(row.description),
        "values": strangers.of(row.fields),
    }


def _wanted(row: RequestRow, strangers: Strangers) -> dict[str, Any]:
    return {"category": row.category_id, "fields": strangers.of(row.fields)}
