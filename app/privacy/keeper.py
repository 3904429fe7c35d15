"""What happens to personal data by itself: what is too old goes, what was ordered erased goes at once."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from app.audit.verification import head
from app.container import House
from app.db.models import DataWish
from app.identity.models import EmployeeRow
from app.privacy.erasing import Order, erase
from app.privacy.person import Person, Stretch, Talk, employee
from app.privacy.retention import (
    CLOCKS,
    cutoff,
    forget_media,
    forget_piece,
    forget_requests,
    old_media,
    old_requests,
    unlink_below,
)
from app.privacy.wishes import due_erasures, ended

log = logging.getLogger(__name__)


class Keeper:
    """Asked by the worker's sweep every half minute."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._swept_at: datetime | None = None

    async def sweep(self) -> None:
        """Do what is due."""
        house, now = self._house, self._house.clock()
        for wish_id in await house.database.read(lambda session: due_erasures(session, now)):
            await erase_for_wish(house, wish_id)
        if self._swept_at is None or now - self._swept_at >= house.settings.retention.every:
            self._swept_at = now
            await forget_what_is_old(house)
            end = await house.database.read(lambda session: head(session, now))
            log.info("the audit trail ends with entry %d, %s", end.id, end.hash)  # an anchor where logs are kept


async def erase_for_wish(house: House, wish_id: int) -> None:
    """Erase whoever wished it. Somebody who never proved who they are takes only their conversation along."""
    found = await house.database.read(lambda session: _who(session, wish_id))
    if found is None:
        return
    person, order = found
    await erase(house, person, order)
    await house.database.write(lambda session: ended(session, wish_id, house.clock()))
    log.info("data wish %d is carried out", wish_id)


def _who(session: Session, wish_id: int) -> tuple[Person, Order] | None:
    """Whose data at whose word; None when another process carried it out. Who works here stays in the directory."""
    wish = session.get(DataWish, wish_id)
    if wish is None or wish.state != "erasing":
        return None
    order = Order(wish.taken_by or "system", f"wish {wish_id}")
    if not wish.employee_id:
        return Person("", talks=(Talk(wish.conversation_id, (Stretch(),), is_theirs=True),)), order
    row = session.get(EmployeeRow, wish.employee_id)
    works_here = row is not None and row.active
    return employee(session, wish.employee_id), replace(order, directory=not works_here)


async def forget_what_is_old(house: House) -> dict[str, int]:
    """Every kind, piece by piece; returns how much of each went."""
    database, rules, now = house.database, house.settings.retention, house.clock()
    gone = {"requests": await _until_none(partial(_requests, house, now))}  # they hold files, files hold messages
    gone["media"] = await _until_none(partial(_media, house, now))
    for kind, (clock, _) in CLOCKS.items():
        if (before := cutoff(rules, clock, now)) is not None:
            work = partial(forget_piece, kind=kind, before=before, now=now)
            gone[kind] = await _until_none(partial(database.write, work))
    if any(gone.values()):
        await database.empty_log()
    return {kind: count for kind, count in gone.items() if count}


async def _until_none(piece: Callable[[], Awaitable[int]]) -> int:
    total = 0
    while count := await piece():
        total += count
        await asyncio.sleep(0)
    return total


async def _media(house: House, now: datetime) -> int:
    before = cutoff(house.settings.retention, "media", now)
    if before is None:
        return 0
    old = await house.database.read(lambda session: old_media(session, before))
    await asyncio.to_thread(unlink_below, house.settings.data_dir, [path for _, path in old])
    if old:
        await house.database.write(lambda session: forget_media(session, [wamid for wamid, _ in old], now))
    return len(old)


async def _requests(house: House, now: datetime) -> int:
    before = cutoff(house.settings.retention, "requests", now)
    if before is None:
        return 0
    old = await house.database.read(lambda session: old_requests(session, before))
    await asyncio.to_thread(unlink_below, house.settings.data_dir, [path for _, paths in old for path in paths])
    if old:
        await house.database.write(lambda session: forget_requests(session, [number for number, _ in old], now))
    return len(old)
