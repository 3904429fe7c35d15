"""Staff administration: who works at the desk and what they may."""

import asyncio

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.console.route import get, post
from app.console.visit import Visit
from app.staff.accounts import (
    NewStaff,
    Password,
    StaffChange,
    add_staff,
    all_staff,
    change_staff,
    forget_second_step,
    set_password,
)
from app.staff.errors import StaffRefusedError
from app.staff.models import StaffRow
from app.staff.passwords import hash_password, make_up_password
from app.staff.roles import ROLES


async def list_staff(visit: Visit) -> Response:
    """Everybody."""
    return await _list(visit)


async def _list(visit: Visit, *, status: int = 200, trouble: str = "") -> Response:
    people = await visit.read(lambda session: [_facts(row) for row in all_staff(session)])
    typed = {"email": visit.form.text("email"), "name": visit.form.text("name"), "roles": visit.form.many("role")}
    return visit.page("staff/list.html", status, people=people, all_roles=ROLES, typed=typed, trouble=trouble)


async def add(visit: Visit) -> Response:
    """A new account with a password that is shown this once."""
    form = visit.form
    new = NewStaff(
        email=form.text("email", longest=300),
        name=form.text("name"),
        roles=form.many("role"),
        language=visit.me.language,
        timezone=visit.me.timezone,
    )
    password, kept = await _made_up(visit)
    try:
        facts = await visit.write(lambda s: _facts(add_staff(s, new, Password(kept, must_change=True), visit.now)))
    except StaffRefusedError as refused:
        return await _list(visit, status=422, trouble=f"errors.staff.{refused.reason}")
    return visit.page("staff/password.html", person=facts, password=password, is_new=True)


async def show_person(visit: Visit) -> Response:
    """One account."""
    staff_id = _id(visit)
    facts = await visit.read(lambda session: _found(session, staff_id))
    return visit.page("staff/person.html", person=facts, all_roles=ROLES)


async def save_person(visit: Visit) -> Response:
    """Another name, other roles, active or not."""
    staff_id, form = _id(visit), visit.form
    wanted = StaffChange(form.text("name"), form.many("role"), active=form.has("active"))

    def save(session: Session) -> None:
        _found(session, staff_id)
        change_staff(session, staff_id, wanted, visit.now)

    try:
        await visit.write(save)
    except StaffRefusedError as refused:
        return visit.go(f"/staff/{staff_id}", f"errors.staff.{refused.reason}", trouble=True)
    return visit.go("/staff", "staff.saved", name=form.text("name"))


async def reset_password(visit: Visit) -> Response:
    """A new password, shown this once; they choose their own when they sign in with it."""
    staff_id = _id(visit)
    password, kept = await _made_up(visit)

    def reset(session: Session) -> dict[str, object]:
        _found(session, staff_id)
        return _facts(set_password(session, staff_id, Password(kept, must_change=True), visit.now))

    facts = await visit.write(reset)
    return visit.page("staff/password.html", person=facts, password=password, is_new=False)


async def reset_second_step(visit: Visit) -> Response:
    """Take the second step away from somebody who lost their telephone."""
    staff_id = _id(visit)

    def reset(session: Session) -> str:
        _found(session, staff_id)
        return forget_second_step(session, staff_id, visit.now).name

    name = await visit.write(reset)
    return visit.go(f"/staff/{staff_id}", "staff.second_step_off", name=name)


async def _made_up(visit: Visit) -> tuple[str, str]:
    password = make_up_password()
    async with visit.shared.hashing:
        return password, await asyncio.to_thread(hash_password, password)


def _id(visit: Visit) -> int:
    return int(visit.request.path_params["id"])


def _found(session: Session, staff_id: int) -> dict[str, object]:
    row = session.get(StaffRow, staff_id) if staff_id < 2**63 else None
    if row is None:
        raise HTTPException(404)
    return _facts(row)


def _facts(row: StaffRow) -> dict[str, object]:
    """What pages may show: neither hash nor secret."""
    shown = ("id", "email", "name", "roles", "active", "must_change", "created_at", "signed_in_at")
    return {name: getattr(row, name) for name in shown} | {"has_second_step": bool(row.totp_sealed)}


ROUTES = (
    get("/staff", list_staff),
    post("/staff", add),
    get("/staff/{id:int}", show_person),
    post("/staff/{id:int}", save_person),
    post("/staff/{id:int}/password", reset_password),
    post("/staff/{id:int}/second-step", reset_second_step),
)
