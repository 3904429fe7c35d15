"""How often codes may be asked for and mistyped: the rules, read from what happened in the last day."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from app.identity.models import OneTimeCode, WrongCode
from app.settings import IdentitySettings

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
KEPT = timedelta(days=2)  # nothing older counts for any rule


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a code may be issued now; `wait` says how long until it may."""

    outcome: Literal["sent", "wait", "locked"]
    wait: timedelta = timedelta()

    @property
    def wait_seconds(self) -> int:
        """Whole seconds, rounded up: after them it does work."""
        return math.ceil(self.wait.total_seconds())


def newest_code(session: Session, conversation_id: str) -> OneTimeCode | None:
    """The only code of the conversation that counts."""
    mine = select(OneTimeCode).where(OneTimeCode.conversation_id == conversation_id)
    return session.scalar(mine.order_by(OneTimeCode.id.desc()).limit(1))


def is_locked(session: Session, email_key: str, at: datetime, settings: IdentitySettings) -> bool:
    """Whether so many wrong codes were typed for the address today that only a person helps."""
    wrong = select(func.count()).where(
        WrongCode.email_key == email_key, WrongCode.at > at - DAY, WrongCode.at < at + DAY
    )
    return session.execute(wrong).scalar_one() >= settings.wrong_per_email_day


def may_issue(
    session: Session, conversation_id: str, email_key: str, at: datetime, settings: IdentitySettings
) -> Verdict:
    """Weigh every limit; the same three queries whoever asks for whichever address."""
    by_contact = _issued(session, conversation_id, at)
    by_email = _issued_for(session, email_key, at)
    same = [when for when, key in by_contact if key == email_key]
    contact = [when for when, _ in by_contact]
    free_at = max(
        _free(same, 1, settings.resend_after, at),
        _free(contact, settings.codes_per_contact_hour, HOUR, at),
        _free(contact, settings.codes_per_contact_day, DAY, at),
        _free(by_email, settings.codes_per_email_hour, HOUR, at),
        _free(by_email, settings.codes_per_email_day, DAY, at),
    )
    if is_locked(session, email_key, at, settings):
        return Verdict("locked")
    return Verdict("wait", free_at - at) if free_at > at else Verdict("sent")


def unlock(session: Session, email_key: str) -> None:
    """A person vouches: the wrong codes typed for the address are forgiven."""
    session.execute(delete(WrongCode).where(WrongCode.email_key == email_key))


def forget_old(session: Session, now: datetime) -> None:
    """Drop what no rule needs any more; for the daily housekeeping."""
    session.execute(delete(OneTimeCode).where(OneTimeCode.issued_at < now - KEPT))
    session.execute(delete(WrongCode).where(WrongCode.at < now - KEPT))


def _issued(session: Session, conversation_id: str, at: datetime) -> list[tuple[datetime, str]]:
    mine = select(OneTimeCode.issued_at, OneTimeCode.email_key).where(OneTimeCode.conversation_id == conversation_id)
    return [(when, key) for when, key in session.execute(mine.where(*_near(at)))]


def _issued_for(session: Session, email_key: str, at: datetime) -> list[datetime]:
    theirs = select(OneTimeCode.issued_at).where(OneTimeCode.email_key == email_key)
    return list(session.scalars(theirs.where(*_near(at))))


def _near(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Within a day on either side: a clock that was wrong before a restart neither opens the door nor locks it."""
    return (OneTimeCode.issued_at > at - DAY, OneTimeCode.issued_at < at + DAY)


def _free(times: list[datetime], limit: int, window: timedelta, at: datetime) -> datetime:
    """The moment from which fewer than `limit` of `times` lie within `window`."""
    recent = sorted(when for when in times if abs(at - when) < window)
    return recent[-limit] + window if len(recent) >= limit else at
