"""Privacy: what employees asked about their data and what becomes of it, how long things are kept, notices."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.audit.chain import note
from app.console.download import attachment
from app.console.personal import Sight, sight_of
from app.console.route import get, post
from app.console.visit import Visit
from app.db.models import Conversation, DataWish, InboxMessage
from app.identity.models import EmployeeRow
from app.privacy import wishes
from app.privacy.exporting import gather, pack
from app.privacy.models import NoticeShown
from app.privacy.notices import notices_of
from app.privacy.person import Person, Stretch, Talk, UnknownPersonError, employee, find_person
from app.privacy.wishes import ANSWER_WITHIN, WAITING, WishRefusedError
from app.settings import RetentionSettings
from app.staff.models import StaffRow

PAGE = "/privacy"
LONGEST_REASON = 1000  # characters that the employee reads


@dataclass(frozen=True, slots=True)
class Shown:
    """A wish as pages show it."""

    id: int
    wish: str
    name: str
    email: str
    is_proven: bool
    at: datetime
    due_at: datetime
    state: str
    reason: str
    started_at: datetime | None
    ended_at: datetime | None
    taken_by: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the privacy notice: how many were shown it, and how many went on."""

    version: str
    shown: int
    accepted: int
    newest_at: datetime


async def show_privacy(visit: Visit) -> Response:
    """Wishes, clocks, notices."""
    waiting = visit.request.query_params.get("view") != "ended"

    def look(session: Session) -> tuple[list[Shown], int, list[Version]]:
        rows = wishes.wishes(session, waiting=waiting)
        sight = sight_of(visit.me)
        return [_shown(session, row, sight) for row in rows], wishes.count_waiting(session), _versions(session)

    found, count, versions = await visit.read(look)
    rules = visit.shared.house.settings.retention
    company = visit.shared.house.settings.company
    return visit.page(
        "privacy/list.html",
        wishes=found, waiting=waiting, count=count, versions=versions, current=company.privacy_version,
        clocks=[(name, getattr(rules, name)) for name in RetentionSettings.model_fields if name != "every"],
        every=int(rules.every.total_seconds() // 3600),
    )  # fmt: skip


async def open_wish(visit: Visit) -> Response:
    """Somebody asked by other means than the chat: their wish is noted here, so that there is one way."""
    who, wish = visit.form.text("who", longest=300), visit.form.text("wish")
    if wish not in {"erase", "export"}:
        raise HTTPException(400)

    def add(session: Session) -> int:
        person = find_person(session, who)
        if not person.talks:
            raise UnknownPersonError("They never wrote.")
        row = DataWish(conversation_id=person.talks[-1].id, employee_id=person.employee_id, wish=wish, at=visit.now)
        session.add(row)
        session.flush()
        note(session, f"privacy.asked_{wish}", f"wish {row.id}", visit.now)
        return row.id

    try:
        wish_id = await visit.write(add)
    except UnknownPersonError:
        return visit.go(PAGE, "privacy.nobody", trouble=True)
    return visit.go(f"{PAGE}/wishes/{wish_id}")


async def show_wish(visit: Visit) -> Response:
    """One wish: whose, what is kept about them, and what can be done."""
    wish_id = _id(visit)

    def look(session: Session) -> tuple[Shown, dict[str, Any]]:
        row = _found(session, wish_id)
        person = _person(session, row)
        return _shown(session, row, sight_of(visit.me)), _kept(session, person)

    wish, kept = await visit.read(look)
    return visit.page("privacy/wish.html", wish=wish, kept=kept, is_waiting=wish.state in WAITING)


async def start(visit: Visit) -> Response:
    """Take it up."""
    return await _step(visit, lambda s, wish_id: wishes.start(s, wish_id, _me(visit), visit.now), "privacy.started")


async def refuse(visit: Visit) -> Response:
    """Say no, with a reason."""
    reason = visit.form.text("reason", longest=LONGEST_REASON)
    return await _step(
        visit, lambda s, wish_id: wishes.refuse(s, wish_id, reason, _me(visit), visit.now), "privacy.refused"
    )


async def export(visit: Visit) -> Response:
    """Their data as a ZIP, to be handed to them."""
    wish_id, house = _id(visit), visit.shared.house

    def look(session: Session) -> tuple[dict[str, Any], str]:
        row = _found(session, wish_id)
        person = _person(session, row)
        note(session, "privacy.exported", f"wish {wish_id}", visit.now, employee=person.employee_id)
        language = session.get_one(Conversation, row.conversation_id).language
        return gather(session, person, visit.now), language

    told, language = await visit.write(look)
    content = await asyncio.to_thread(pack, house.settings.data_dir, told, language)
    return attachment(content, f"recado-{wish_id}.zip", "application/zip")


async def finish(visit: Visit) -> Response:
    """It was handed over."""
    return await _step(
        visit, lambda s, wish_id: wishes.finish_export(s, wish_id, _me(visit), visit.now), "privacy.finished"
    )


async def erase(visit: Visit) -> Response:
    """Erase them: the last words go out first, then the sweeper erases, within a minute as a rule."""
    return await _step(
        visit, lambda s, wish_id: wishes.order_erasure(s, wish_id, _me(visit), visit.now), "privacy.ordered"
    )


async def _step(visit: Visit, step: Callable[[Session, int], None], told: str) -> Response:
    wish_id = _id(visit)
    try:
        await visit.write(lambda session: step(session, wish_id))
    except WishRefusedError as refused:
        if refused.reason == "unknown":
            raise HTTPException(404) from None
        return visit.go(f"{PAGE}/wishes/{wish_id}", f"errors.wish.{refused.reason}", trouble=True)
    return visit.go(f"{PAGE}/wishes/{wish_id}", told)


def _person(session: Session, wish: DataWish) -> Person:
    """Whose data it is about; somebody who never proved who they are has their conversation only."""
    if wish.employee_id:
        return employee(session, wish.employee_id)
    return Person("", talks=(Talk(wish.conversation_id, (Stretch(),), is_theirs=True),))


def _kept(session: Session, person: Person) -> dict[str, Any]:
    counted = select(func.count()).where(InboxMessage.conversation_id.in_(person.conversations))
    return {
        "conversations": len(person.talks),
        "messages": session.execute(counted).scalar_one(),
        "requests": len(person.requests),
        "notices": notices_of(session, person.employee_id, person.conversations),
        "is_shared": any(not talk.is_whole for talk in person.talks),
    }


def _shown(session: Session, row: DataWish, sight: Sight) -> Shown:
    who = session.get(EmployeeRow, row.employee_id) if row.employee_id else None
    contact = session.get_one(Conversation, row.conversation_id)
    kind, _, number = row.taken_by.partition(" ")
    staff = session.get(StaffRow, int(number)) if kind == "staff" and number.isdecimal() else None
    return Shown(
        id=row.id,
        wish=row.wish,
        name=sight.name(who.name if who else contact.profile_name),
        email=sight.email((who.email or "") if who else "") or sight.phone(contact.wa_id),
        is_proven=bool(row.employee_id),
        at=row.at,
        due_at=row.at + ANSWER_WITHIN,
        state=row.state,
        reason=row.reason,
        started_at=row.started_at,
        ended_at=row.ended_at,
        taken_by=staff.name if staff else row.taken_by,
    )


def _versions(session: Session) -> list[Version]:
    counted = select(
        NoticeShown.version, func.count(), func.count(NoticeShown.accepted_at), func.max(NoticeShown.shown_at)
    ).group_by(NoticeShown.version)
    found = [Version(*row) for row in session.execute(counted)]
    return sorted(found, key=lambda version: version.newest_at, reverse=True)


def _found(session: Session, wish_id: int) -> DataWish:
    row = session.get(DataWish, wish_id)
    if row is None:
        raise HTTPException(404)
    return row


def _me(visit: Visit) -> str:
    return f"staff {visit.me.id}"


def _id(visit: Visit) -> int:
    wish_id = int(visit.request.path_params["id"])
    if wish_id >= 2**63:
        raise HTTPException(404)
    return wish_id


ROUTES = (
    get(PAGE, show_privacy),
    post(f"{PAGE}/wishes", open_wish),
    get(f"{PAGE}/wishes/{{id:int}}", show_wish),
    post(f"{PAGE}/wishes/{{id:int}}/start", start),
    post(f"{PAGE}/wishes/{{id:int}}/refuse", refuse),
    post(f"{PAGE}/wishes/{{id:int}}/export", export),
    post(f"{PAGE}/wishes/{{id:int}}/finish", finish),
    post(f"{PAGE}/wishes/{{id:int}}/erase", erase),
)
