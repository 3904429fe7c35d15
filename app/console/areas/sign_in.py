"""Signing in and out: password, then the second step, each try counted before it is looked at."""

import asyncio
import math
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy.orm import Session
from starlette.responses import Response

from app.audit.chain import acting, note
from app.console.areas.assets import is_own_path
from app.console.cookies import SESSION, VISIT, drop_cookie, set_cookie
from app.console.route import get, post
from app.console.visit import Visit, with_query
from app.identity.addresses import normalise_email
from app.staff import attempts, sessions
from app.staff.accounts import find_staff, staff_of
from app.staff.passwords import LONGEST, NOBODY, is_password
from app.staff.second_step import use_code
from app.staff.sessions import Browser, Viewer

LONGEST_PATH = 500  # characters of where to go afterwards


@dataclass(frozen=True, slots=True)
class _Weighed:
    """An account whose password was right just now: the hash it was right for, and the try it was."""

    staff_id: int
    kept: str
    attempt: int
    account: str


async def show_sign_in(visit: Visit) -> Response:
    """The form; whoever is signed in goes on."""
    after = after_signing_in(visit.request.query_params.get("next", ""))
    return visit.go(after) if visit.viewer else _form(visit, after=after)


async def sign_in(visit: Visit) -> Response:
    """Weigh address and password: the same words and the same time for a wrong password and an unknown account."""
    typed = visit.form.text("email", longest=300)
    after = after_signing_in(visit.form.text("next", longest=LONGEST_PATH))
    account = visit.shared.keys.email_key(normalise_email(typed) or typed.casefold())
    attempt, wait = await visit.write(lambda s: attempts.take_turn(s, account, visit.address, visit.now), noted=False)
    if wait:
        return _form(visit, after=after, email=typed, wait=wait)
    staff_id, kept = await visit.read(lambda s: _hash_of(s, typed))
    right = await _is_password(visit, kept, visit.form.raw("password"))
    if not right or not staff_id:
        await _remember_failure(visit, "password", staff_id)
        return _form(visit, after=after, email=typed, wrong=True)

    weighed = _Weighed(staff_id, kept, attempt, account)
    begun = await visit.write(lambda session: _let_in(session, visit, weighed))
    if begun is None:
        await _remember_failure(visit, "password", staff_id)
        return _form(visit, after=after, email=typed, wrong=True)
    token, needs_code = begun
    return with_session(visit, token, with_query("/sign-in/code", next=after) if needs_code else after)


def _hash_of(session: Session, email: str) -> tuple[int, str]:
    row = find_staff(session, email)
    return (row.id, row.password_hash) if row is not None and row.active else (0, NOBODY)


async def _is_password(visit: Visit, kept: str, password: str) -> bool:
    async with visit.shared.hashing:
        return await asyncio.to_thread(is_password, kept, password[:LONGEST])


def _let_in(session: Session, visit: Visit, weighed: _Weighed) -> tuple[str, bool] | None:
    """Begin a session, unless the account changed while the password was weighed; whether a code is still needed."""
    row = staff_of(session, weighed.staff_id)
    if not row.active or row.password_hash != weighed.kept:
        return None
    needs_code = bool(row.totp_sealed)
    if not needs_code:
        attempts.passed(session, weighed.attempt, weighed.account, visit.address)
    return begin_session(session, visit, row.id, "code" if needs_code else "full"), needs_code


def begin_session(session: Session, visit: Visit, staff_id: int, stage: str, *, method: str = "password") -> str:
    """Begin a session of this browser; the one it had, of whoever, ends."""
    if (earlier := visit.viewer or visit.half) is not None:
        sessions.end(session, earlier.session_id, "signed in again", visit.now)
    browser = Browser(visit.address, visit.request.headers.get("user-agent", ""))
    if stage == "full":
        with acting(session, f"staff {staff_id}"):
            note(session, "sign_in.passed", f"staff {staff_id}", visit.now, method=method, address=visit.address)
    return sessions.start(session, staff_id, stage, browser, visit.now, method=method)


async def _remember_failure(visit: Visit, step: str, staff_id: int) -> None:
    """What was typed is kept nowhere: it may be a password in the wrong field."""
    subject = f"staff {staff_id}" if staff_id else "nobody's account"
    await visit.write(
        lambda s: note(s, "sign_in.failed", subject, visit.now, by="visitor", step=step, address=visit.address),
        noted=False,
    )


async def show_code(visit: Visit) -> Response:
    """Ask for the second step."""
    after = after_signing_in(visit.request.query_params.get("next", ""))
    if visit.half is None:
        return visit.go(after if visit.viewer else "/sign-in")
    return visit.page("sign_in/code.html", after=after, wrong=False, wait=0)


async def check_code(visit: Visit) -> Response:
    """Weigh the second step; a right one gives the browser a session with a new token."""
    half, after = visit.half, after_signing_in(visit.form.text("next", longest=LONGEST_PATH))
    if half is None:
        return visit.go("/sign-in")
    account = visit.shared.keys.email_key(f"code {half.id}")
    attempt, wait = await visit.write(lambda s: attempts.take_turn(s, account, visit.address, visit.now), noted=False)
    if wait:
        return _refused(visit, "sign_in/code.html", wait, after=after, wrong=False)
    code = visit.form.text("code", longest=40)
    token = await visit.write(lambda s: _second_step(s, visit, half, code, (attempt, account)))
    if token is None:
        await _remember_failure(visit, "code", half.id)
        return visit.page("sign_in/code.html", 401, after=after, wrong=True, wait=0)
    return with_session(visit, token, after)


def _second_step(session: Session, visit: Visit, half: Viewer, code: str, attempt: tuple[int, str]) -> str | None:
    if not use_code(session, half.id, code, visit.shared.keys, visit.now):
        return None
    attempt_id, account = attempt
    attempts.passed(session, attempt_id, account, visit.address)
    attempts.forgive(session, visit.shared.keys.email_key(half.email), visit.address)
    sessions.end(session, half.session_id, "second step", visit.now)
    return begin_session(session, visit, half.id, "full")


async def sign_out(visit: Visit) -> Response:
    """End the session, here and in the table."""
    me = visit.me

    def leave(session: Session) -> None:
        sessions.end(session, me.session_id, "signed out", visit.now)
        note(session, "sign_in.ended", f"staff {me.id}", visit.now, address=visit.address)

    await visit.write(leave)
    response = visit.go("/sign-in", "sign_in.signed_out")
    drop_cookie(response, SESSION, secure=visit.secure)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _form(visit: Visit, *, after: str, email: str = "", wrong: bool = False, wait: timedelta = timedelta()) -> Response:
    known = {"after": after, "email": email, "wrong": wrong, "demo": visit.shared.demo, "company_label": _label(visit)}
    if wait:
        return _refused(visit, "sign_in/sign_in.html", wait, **known)
    return visit.page("sign_in/sign_in.html", 401 if wrong else 200, wait=0, **known)


def _label(visit: Visit) -> str:
    """What the company's own sign-in is called; "" when there is none."""
    oidc = visit.shared.house.settings.oidc
    return oidc.label or urlsplit(oidc.issuer).netloc


def _refused(visit: Visit, template: str, wait: timedelta, **known: object) -> Response:
    seconds = math.ceil(wait.total_seconds())
    response = visit.page(template, 429, wait=seconds, **known)
    response.headers["Retry-After"] = str(seconds)
    return response


def with_session(visit: Visit, token: str, path: str) -> Response:
    """Go on as whoever signed in."""
    response = visit.go(path)
    set_cookie(response, SESSION, token, secure=visit.secure)
    drop_cookie(response, VISIT, secure=visit.secure)
    return response


def after_signing_in(path: str) -> str:
    """Where to go after signing in: only to our own pages."""
    return path if is_own_path(path) and len(path) <= LONGEST_PATH and not path.startswith("/sign-in") else "/"


ROUTES = (
    get("/sign-in", show_sign_in),
    post("/sign-in", sign_in),
    get("/sign-in/code", show_code),
    post("/sign-in/code", check_code),
    post("/sign-out", sign_out),
)
