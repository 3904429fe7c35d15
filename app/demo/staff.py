"""The demo's staff: one account of each role, with a password that is drawn at every start and never kept."""

import asyncio
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.console.entry import DemoAccount
from app.container import House
from app.demo.load import COMPANY
from app.desk.assignment import members_of, set_members
from app.desk.macros import Macro, save_macro
from app.desk.models import MacroRow
from app.staff.accounts import NewStaff, Password, add_staff, find_staff
from app.staff.passwords import hash_password, make_up_password
from app.yaml_text import read_yaml


async def load_staff(house: House) -> tuple[DemoAccount, ...]:
    """Make the accounts and give all of them one new password; sessions of an earlier start live on."""
    listed = read_yaml((COMPANY / "staff.yaml").read_text(encoding="utf8"))["staff"]
    password = make_up_password()
    kept = await asyncio.to_thread(hash_password, password)
    now = house.clock()

    def load(session: Session) -> None:
        for person in listed:
            _load_one(session, person, kept, now)
        _load_macros(session, now)

    await house.database.write(load)
    return tuple(DemoAccount(one["email"], one["name"], one["role"], password) for one in listed)


def _load_one(session: Session, person: dict[str, Any], kept: str, now: datetime) -> None:
    row = find_staff(session, person["email"])
    if row is not None:
        row.password_hash, row.password_at, row.must_change = kept, now, False
        return
    about = {name: person[name] for name in ("email", "name", "language", "timezone")}
    account = add_staff(session, NewStaff(roles=(person["role"],), **about), Password(kept), now)
    for queue in person.get("queues", ()):
        set_members(session, queue, {*members_of(session, queue), account.id})


def _load_macros(session: Session, now: datetime) -> None:
    """Once: agents may change them."""
    if session.scalar(select(MacroRow.id).limit(1)) is not None:
        return
    listed = read_yaml((COMPANY / "macros.yaml").read_text(encoding="utf8"))["macros"]
    for told in listed:
        save_macro(session, None, Macro(**told), by="Lucía Herrera", now=now)
