"""Known outages as people declare them, who follows them, and which requests are part of one."""

import secrets
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.desk.agents import find_request
from app.desk.errors import SettingRefusedError
from app.desk.history import Act, record
from app.desk.models import CategoryRow, OutageFollower, OutageRow, RequestRow
from app.wakeups import NEWS, wake
from tools.service_desk import DeskRefusedError, Outage

LONGEST_TITLE = 60  # characters: it heads a message with two buttons
LONGEST_BODY = 700


def list_outages(session: Session, *, limit: int = 100) -> Sequence[OutageRow]:
    """Those that go on first, then the newest."""
    rows = session.scalars(select(OutageRow)).all()
    return sorted(rows, key=lambda row: (row.ended_at is None, str(row.spec["since"])), reverse=True)[:limit]


def new_outage_id() -> str:
    """A name for an outage that employees' buttons carry."""
    return f"outage-{secrets.token_hex(4)}"


def save_outage(session: Session, outage: Outage, *, is_new: bool) -> OutageRow:
    """Declare one or change its words; raises `SettingRefusedError`. From now on it is offered before a request."""
    row = session.get(OutageRow, outage.id)
    if (row is None) != is_new:
        raise SettingRefusedError("unknown")
    _check(session, outage)
    row = row or OutageRow(id=outage.id)
    row.spec = outage.model_dump(mode="json")
    session.add(row)
    session.flush()
    return row


def _check(session: Session, outage: Outage) -> None:
    for language in ("pt-BR", "es", "en"):
        for place, words, longest in (("title", outage.title, LONGEST_TITLE), ("body", outage.body, LONGEST_BODY)):
            said = next((text for known, text in words.items() if known == language), "").strip()
            if not said:
                raise SettingRefusedError("words_missing_in", place=f"{place}.{language}", language=language)
            if len(said) > longest:
                raise SettingRefusedError("words_long", place=f"{place}.{language}", most=longest)
    if not outage.categories and not outage.keywords:
        raise SettingRefusedError("outage_about", place="keywords")
    for name in outage.categories:
        if session.get(CategoryRow, name) is None:
            raise SettingRefusedError("category_unknown", place="categories", name=name)


def end_outage(session: Session, outage_id: str, now: datetime) -> int:
    """It is over: it is not offered any more, and the worker tells whoever follows it. Returns how many those are.

    Ending it twice is once.
    """
    row = session.get(OutageRow, outage_id, with_for_update=True)
    if row is None:
        raise SettingRefusedError("unknown")
    row.ended_at = row.ended_at or now
    session.flush()
    wake(session, NEWS)
    return followers_of(session)[outage_id]


def followers_of(session: Session) -> Counter[str]:
    """How many people said "me too", by outage."""
    counted = select(OutageFollower.outage_id, func.count()).group_by(OutageFollower.outage_id)
    return Counter({row[0]: row[1] for row in session.execute(counted)})


def take_followers(session: Session, now: datetime, *, limit: int = 100) -> list[tuple[str, Outage]]:
    """Whom to tell that which outage is over; they are noted as told in this transaction."""
    rows = session.execute(
        select(OutageFollower, OutageRow)
        .join(OutageRow, OutageRow.id == OutageFollower.outage_id)
        .where(OutageFollower.told_at.is_(None), OutageRow.ended_at <= now)
        .order_by(OutageFollower.at, OutageFollower.employee_id)
        .limit(limit)
    ).all()
    for follower, _ in rows:
        follower.told_at = now
    return [(follower.employee_id, Outage.model_validate(outage.spec)) for follower, outage in rows]


def requests_of_outage(session: Session, outage_id: str, *, limit: int = 100) -> Sequence[RequestRow]:
    """The requests that are part of it, newest first."""
    part = select(RequestRow).where(RequestRow.outage_id == outage_id)
    return session.scalars(part.order_by(RequestRow.number.desc()).limit(limit)).all()


def link_outage(session: Session, number: str, outage_id: str, *, author: str, now: datetime) -> RequestRow:
    """Make a request part of an outage, or of none (""); raises `DeskRefusedError`."""
    row = find_request(session, number)
    if outage_id and session.get(OutageRow, outage_id) is None:
        raise DeskRefusedError(f"outage: there is no outage {outage_id[:60]!r}")
    if (row.outage_id or "") != outage_id:
        row.outage_id = outage_id or None
        record(session, row, Act("agent", author, now), "linked", outage_id)
    return row
