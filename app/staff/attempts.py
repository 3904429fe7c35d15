"""How fast passwords may be tried: ever slower for one account from one address, and never so that nobody gets in."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.db.engine import one_at_a_time
from app.staff.models import StaffAttempt

ADDRESS_PER_MINUTE = 30  # wrong tries of any accounts from one address: a whole office may share one
STRANGERS_PER_HOUR = 100  # wrong tries of one account from addresses it never signed in from
FREE = 3  # wrong tries of one account from one address before waiting begins
FIRST_WAIT, SLOWER = timedelta(seconds=5), 3  # 5, 15, 45, 60, 60 … seconds: five tries in the first minute
LONGEST_WAIT = timedelta(minutes=1)
REMEMBERED = timedelta(hours=1)  # wrong tries count for so long
KNOWN = timedelta(days=30)  # an address stays known for so long
MINUTE = timedelta(minutes=1)


def take_turn(session: Session, account_key: str, address: str, now: datetime) -> tuple[int, timedelta]:
    """Note a try before its password is looked at; returns its id, or 0 and how long to wait."""
    one_at_a_time(session, f"sign-in {account_key}")
    session.execute(delete(StaffAttempt).where(StaffAttempt.at < now - KNOWN))
    wait = _wait(session, account_key, address, now)
    if wait > timedelta():
        return 0, wait
    attempt = StaffAttempt(account_key=account_key, address=address, at=now)
    session.add(attempt)
    session.flush()
    return attempt.id, timedelta()


def passed(session: Session, attempt_id: int, account_key: str, address: str) -> None:
    """The try was right: the wrong ones before it, from there, are forgiven."""
    forgive(session, account_key, address, but=attempt_id)
    session.execute(update(StaffAttempt).where(StaffAttempt.id == attempt_id).values(passed=True))


def forgive(session: Session, account_key: str, address: str, *, but: int = 0) -> None:
    """Forget wrong tries of an account from an address."""
    mine = delete(StaffAttempt).where(StaffAttempt.account_key == account_key, StaffAttempt.address == address)
    session.execute(mine.where(StaffAttempt.id != but, ~StaffAttempt.passed))


def _wait(session: Session, account_key: str, address: str, now: datetime) -> timedelta:
    of_account = StaffAttempt.account_key == account_key
    from_here = StaffAttempt.address == address
    mine = _wrong(session, now - REMEMBERED, of_account, from_here)
    waits = [_free_in(_wrong(session, now - MINUTE, from_here), ADDRESS_PER_MINUTE, MINUTE, now)]
    if len(mine) >= FREE:
        waits.append(mine[0] + min(FIRST_WAIT * SLOWER ** (len(mine) - FREE), LONGEST_WAIT) - now)
    known = select(func.count()).where(of_account, from_here, StaffAttempt.passed)
    if not session.execute(known).scalar_one():
        waits.append(_free_in(_wrong(session, now - REMEMBERED, of_account), STRANGERS_PER_HOUR, REMEMBERED, now))
    return max(timedelta(), *waits)


def _wrong(session: Session, since: datetime, *where: object) -> list[datetime]:
    """When tries went wrong, newest first."""
    failed = select(StaffAttempt.at).where(*where, ~StaffAttempt.passed, StaffAttempt.at > since)  # type: ignore[arg-type]
    return list(session.scalars(failed.order_by(StaffAttempt.at.desc()).limit(STRANGERS_PER_HOUR)))


def _free_in(newest_first: list[datetime], limit: int, window: timedelta, now: datetime) -> timedelta:
    return newest_first[limit - 1] + window - now if len(newest_first) >= limit else timedelta()
