"""Sessions of staff: a random token in a cookie, its hash in the table, ended by time or by what happens."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.settings import ConsoleSettings
from app.staff.models import StaffRow, StaffSession
from app.staff.roles import Role

TOKEN_BYTES = 32  # 256 bits; OWASP ASVS 5.0 7.2.3 asks for 128
SEEN_EVERY = timedelta(minutes=1)  # how exactly idling is known, so that not every page is a write
CODE_LIFE = timedelta(minutes=10)  # to type the second step after the password
KEPT = timedelta(days=90)  # ended sessions, for whoever looks into what happened
LONGEST_BROWSER = 200  # characters of a user agent that are kept


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page. `pending` is what they must do before anything else: "", "password" or "second_step"."""

    id: int
    name: str
    email: str
    roles: frozenset[Role]
    language: str
    timezone: str
    session_id: int
    stage: str
    pending: str
    has_second_step: bool
    browser: str = ""  # what the browser that signed in called itself
    address: str = ""  # where it was seen last


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a session lives: an IP address and what the browser calls itself."""

    address: str
    agent: str


def start(  # noqa: PLR0913 -- what a session is
    session: Session, staff_id: int, stage: str, browser: Browser, now: datetime, *, method: str = "password"
) -> str:
    """Begin a session; returns its token, which is told nowhere else."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = StaffSession(
        token_hash=_hashed(token),
        staff_id=staff_id,
        stage=stage,
        method=method,
        address=browser.address,
        browser=browser.agent[:LONGEST_BROWSER],
        started_at=now,
        seen_at=now,
    )
    session.add(row)
    session.flush()
    if stage == "full":
        session.execute(update(StaffRow).where(StaffRow.id == staff_id).values(signed_in_at=now))
    session.execute(delete(StaffSession).where(StaffSession.ended_at < now - KEPT))
    return token


def viewer_of(session: Session, token: str, now: datetime, rules: ConsoleSettings) -> tuple[Viewer, bool] | None:
    """Who holds this token, and whether their last sign of life should be noted; None when the session is over."""
    found = session.execute(
        select(StaffSession, StaffRow)
        .join(StaffRow, StaffRow.id == StaffSession.staff_id)
        .where(StaffSession.token_hash == _hashed(token), StaffSession.ended_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    mine, staff = found
    if not staff.active or _is_over(mine, now, rules):
        return None
    return _viewer(mine, staff, rules), now - mine.seen_at >= SEEN_EVERY


def touch(session: Session, session_id: int, now: datetime) -> None:
    """Note a sign of life."""
    session.execute(update(StaffSession).where(StaffSession.id == session_id).values(seen_at=now))


def move(session: Session, session_id: int, address: str) -> None:
    """Note that it comes from another address now."""
    session.execute(update(StaffSession).where(StaffSession.id == session_id).values(address=address))


def end(session: Session, session_id: int, because: str, now: datetime) -> None:
    """End one session."""
    open_one = update(StaffSession).where(StaffSession.id == session_id, StaffSession.ended_at.is_(None))
    session.execute(open_one.values(ended_at=now, ended_because=because))


def end_all(session: Session, staff_id: int, because: str, now: datetime, *, keep: int | None = None) -> None:
    """End every session of somebody, except `keep`."""
    mine = update(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
    if keep is not None:
        mine = mine.where(StaffSession.id != keep)
    session.execute(mine.values(ended_at=now, ended_because=because))


def renew(session: Session, session_id: int, now: datetime) -> str:
    """Give a session another token: whoever holds the old one is out."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    mine = update(StaffSession).where(StaffSession.id == session_id)
    session.execute(mine.values(token_hash=_hashed(token), seen_at=now))
    return token


def open_sessions(session: Session, staff_id: int, now: datetime, rules: ConsoleSettings) -> list[StaffSession]:
    """Where somebody is signed in, newest first."""
    mine = select(StaffSession).where(StaffSession.staff_id == staff_id, StaffSession.ended_at.is_(None))
    rows = session.scalars(mine.where(StaffSession.stage == "full").order_by(StaffSession.id.desc()))
    return [row for row in rows if not _is_over(row, now, rules)]


def _is_over(row: StaffSession, now: datetime, rules: ConsoleSettings) -> bool:
    if row.stage == "code":
        return now - row.started_at >= CODE_LIFE
    return now - row.seen_at >= rules.session_idle or now - row.started_at >= rules.session_age


def _viewer(mine: StaffSession, staff: StaffRow, rules: ConsoleSettings) -> Viewer:
    roles: frozenset[Role] = frozenset(staff.roles)  # type: ignore[arg-type]  # only checked_roles writes them
    by_password = mine.method == "password"
    lacks_step = by_password and not staff.totp_sealed and bool(roles & set(rules.second_step))
    return Viewer(
        id=staff.id,
        name=staff.name,
        email=staff.email,
        roles=roles,
        language=staff.language,
        timezone=staff.timezone,
        session_id=mine.id,
        stage=mine.stage,
        pending="password" if by_password and staff.must_change else "second_step" if lacks_step else "",
        has_second_step=bool(staff.totp_sealed),
        browser=mine.browser,
        address=mine.address,
    )


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
