"""The gate of identity: decides about codes asked for and codes typed, and changes nothing (see `app.identity.gate`).

An unknown address takes the same way at the same cost: same queries, same hash, a code nobody ever gets.
"""

import secrets
import time
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.identity.addresses import normalise_email
from app.identity.clock import SteadyClock, utc_now
from app.identity.hashing import DIGITS, CodeHasher, draw_code
from app.identity.keys import SecretKeys
from app.identity.limits import Verdict, is_locked, may_issue, newest_code
from app.identity.models import EmployeeRow, OneTimeCode, to_employee
from app.settings import IdentitySettings
from retrieval.passage import Language
from tools.identity import CodeCheck, CodePlan
from tools.service_desk import Employee

REF_BYTES = 16  # unguessable name of a code
_BETWEEN = "-.*_\N{EN DASH}\N{HYPHEN}"


class _Asked(NamedTuple):
    """What the database says when a code is asked for."""

    verdict: Verdict
    employee: Employee | None
    after: str


class _Typed(NamedTuple):
    """What the database says when a code is typed."""

    code: OneTimeCode | None
    locked: bool
    employee: Employee | None


class CodeGate:
    """`tools.identity.IdentityGate` over the database. One call per turn: what it plans must be applied first."""

    def __init__(  # noqa: PLR0913 -- the two clocks and the hasher are only there for tests
        self,
        database: Database,
        settings: IdentitySettings,
        keys: SecretKeys,
        clock: Callable[[], datetime] = utc_now,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        hasher: CodeHasher | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._keys = keys
        self._clock = SteadyClock(clock, monotonic)
        self._hasher = hasher or CodeHasher(keys)

    async def plan_code(self, conversation_id: str, email: str, language: Language) -> CodePlan:
        """Decide whether a code goes to `email` for this conversation."""
        address = normalise_email(email) or email.strip().casefold()
        email_key, at = self._keys.email_key(address), self._clock.now()
        asked = await self._database.read(lambda s: self._asked(s, conversation_id, address, email_key, at))
        if asked.verdict.outcome != "sent":
            return CodePlan(outcome=asked.verdict.outcome, wait_seconds=asked.verdict.wait_seconds)
        ref, code = secrets.token_urlsafe(REF_BYTES), draw_code()
        effect = {
            "op": "issue",
            "ref": ref,
            "after": asked.after,
            "email_key": email_key,
            "employee_id": asked.employee.id if asked.employee else "",
            "hash": await self._hasher.hash(code, ref=ref, conversation_id=conversation_id),
            "at": at.isoformat(),
            "sealed": self._keys.seal(self._letter(asked.employee, code, language, at), ref=ref),
        }
        return CodePlan(outcome="sent", effect=effect)

    async def check_code(self, conversation_id: str, code: str) -> CodeCheck:
        """Compare 6 digits with the newest code of this conversation."""
        at = self._clock.now()
        held, locked, employee = await self._database.read(lambda s: self._typed(s, conversation_id, at))
        if held is None or held.used_at is not None:
            return CodeCheck(outcome="none")
        return self._without_comparing(held, at, locked=locked) or await self._compare(held, code, employee, at)

    def _without_comparing(self, held: OneTimeCode, at: datetime, *, locked: bool) -> CodeCheck | None:
        if locked:
            return CodeCheck(outcome="locked")
        if held.tries >= self._settings.code_tries:
            return CodeCheck(outcome="exhausted")
        if held.expired_at is not None or not held.issued_at <= at < held.expires_at:
            return CodeCheck(outcome="expired", effect=_effect("expire", held, at))
        return None

    async def _compare(self, held: OneTimeCode, code: str, employee: Employee | None, at: datetime) -> CodeCheck:
        left = self._settings.code_tries - held.tries
        digits = _digits(code)
        if len(digits) != DIGITS:
            return CodeCheck(outcome="wrong", tries_left=left)
        matches = await self._hasher.matches(held.hash, digits, ref=held.ref, conversation_id=held.conversation_id)
        if matches and employee is not None:
            return CodeCheck(outcome="right", employee=employee, effect=_effect("right", held, at))
        effect = _effect("wrong", held, at)
        return CodeCheck(outcome="wrong" if left > 1 else "exhausted", tries_left=left - 1, effect=effect)

    def _asked(self, session: Session, conversation_id: str, address: str, email_key: str, at: datetime) -> _Asked:
        row = session.scalar(select(EmployeeRow).where(EmployeeRow.email == address))
        employee = to_employee(row) if row is not None and row.active else None
        newest = newest_code(session, conversation_id)
        verdict = may_issue(session, conversation_id, email_key, at, self._settings)
        return _Asked(verdict, employee, newest.ref if newest else "")

    def _typed(self, session: Session, conversation_id: str, at: datetime) -> _Typed:
        held = newest_code(session, conversation_id)
        if held is None:
            return _Typed(None, locked=False, employee=None)
        locked = is_locked(session, held.email_key, at, self._settings)
        row = session.scalar(select(EmployeeRow).where(EmployeeRow.id == (held.employee_id or "")))
        return _Typed(held, locked, to_employee(row) if row is not None and row.active else None)

    def _letter(self, employee: Employee | None, code: str, language: Language, at: datetime) -> dict[str, Any]:
        return {
            "address": employee.email if employee else "",
            "name": employee.name if employee else "",
            "timezone": employee.timezone if employee else "UTC",
            "language": language,
            "code": code,
            "asked_at": at.isoformat(),
            "expires_at": (at + self._settings.code_life).isoformat(),
        }


def _effect(op: str, held: OneTimeCode, at: datetime) -> dict[str, Any]:
    return {"op": op, "ref": held.ref, "tries": held.tries, "at": at.isoformat()}


def _digits(typed: str) -> str:
    """Only what people put between digits is passed over; a letter makes it no code."""
    plain = unicodedata.normalize("NFKC", typed)
    kept = "".join(
        sign for sign in plain if not sign.isspace() and sign not in "-.*_\N{EN DASH}\N{NON-BREAKING HYPHEN}"
    )
    return "".join(str(unicodedata.digit(sign)) for sign in kept) if kept.isdecimal() else ""
