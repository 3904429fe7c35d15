"""One's own account: name, language, zone, password, second step, and where one is signed in."""

import asyncio
from datetime import datetime

import segno
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response

from app.audit.chain import note
from app.console.cookies import SESSION, set_cookie
from app.console.moments import ZONES
from app.console.route import get, post
from app.console.visit import Visit
from app.console.wording import choose_language
from app.identity.keys import SealBrokenError
from app.staff import attempts, second_step, sessions
from app.staff.accounts import Password, checked_name, forget_second_step, password_of, set_password, staff_of
from app.staff.browsers import browser_name
from app.staff.errors import StaffRefusedError, WeakPasswordError
from app.staff.models import StaffSession
from app.staff.passwords import LONGEST, hash_password, is_password, require_strong
from app.staff.sessions import Viewer


async def show_account(visit: Visit) -> Response:
    """The overview."""
    me, rules = visit.me, visit.shared.house.settings.console

    def look(session: Session) -> tuple[int, list[dict[str, object]]]:
        rows = sessions.open_sessions(session, me.id, visit.now, rules)
        shown = [
            {"id": r.id, "browser": browser_name(r.browser), "address": r.address, "seen_at": r.seen_at} for r in rows
        ]
        return second_step.count_recovery_codes(session, me.id), shown

    left, browsers = await visit.read(look)
    return visit.page(
        "account/account.html", zones=[(zone, zone) for zone in _zones(me.timezone)], codes_left=left, browsers=browsers
    )


async def save_account(visit: Visit) -> Response:
    """Keep name, language and zone."""
    me, form = visit.me, visit.form
    language, zone = choose_language(form.text("language")), form.text("timezone")
    if zone not in _zones(me.timezone):
        raise HTTPException(400)

    def save(session: Session) -> None:
        row = staff_of(session, me.id)
        row.name, row.language, row.timezone = checked_name(form.text("name")), language, zone

    try:
        await visit.write(save)
    except StaffRefusedError as refused:
        return visit.go("/account", f"errors.staff.{refused.reason}", trouble=True)
    return visit.go("/account", "account.saved")


async def show_password(visit: Visit) -> Response:
    """The form for another password."""
    return visit.page("account/password.html", trouble="")


async def change_password(visit: Visit) -> Response:
    """Another password, if they know the present one; other browsers are signed out, this one gets a new token."""
    me, form = visit.me, visit.form
    fresh = form.raw("fresh")
    trouble = await _password_trouble(visit, fresh)
    if trouble:
        return visit.page("account/password.html", 422, trouble=trouble)
    async with visit.shared.hashing:
        kept = await asyncio.to_thread(hash_password, fresh)

    def change(session: Session) -> str:
        set_password(session, me.id, Password(kept), visit.now, keep=me.session_id)
        return sessions.renew(session, me.session_id, visit.now)

    token = await visit.write(change)
    return _with_token(visit, visit.go("/account", "account.password_changed"), token)


async def _password_trouble(visit: Visit, fresh: str) -> str:
    """A phrase that says what is wrong, or ""."""
    me, form = visit.me, visit.form
    if not await knows_password(visit, form.raw("password")):
        return "account.password_wrong"
    if fresh != form.raw("again"):
        return "account.password_differs"
    if fresh == form.raw("password"):
        return "account.password_same"
    try:
        about = (me.email, me.name, visit.shared.house.settings.company.name)
        await asyncio.to_thread(require_strong, fresh, about)
    except WeakPasswordError as weak:
        return f"errors.staff.{weak.reason}"
    return ""


async def knows_password(visit: Visit, password: str) -> bool:
    """Whether whoever sits there knows the account's password; tries are counted as at the door."""
    me = visit.me
    account = visit.shared.keys.email_key(f"password {me.id}")
    attempt, wait = await visit.write(lambda s: attempts.take_turn(s, account, visit.address, visit.now), noted=False)
    if wait:
        raise HTTPException(429)
    kept = await visit.read(lambda session: password_of(session, me.id))
    async with visit.shared.hashing:
        right = await asyncio.to_thread(is_password, kept, password[:LONGEST])
    if right:
        await visit.write(lambda s: attempts.passed(s, attempt, account, visit.address), noted=False)
    return right


async def show_second_step(visit: Visit) -> Response:
    """A new secret to be read by an authenticator; kept once a code of it was typed."""
    if visit.me.has_second_step:
        return visit.go("/account")
    return _offer(visit, second_step.draw_secret())


async def begin_second_step(visit: Visit) -> Response:
    """Keep the secret, when the authenticator has it, and show the recovery codes this once."""
    me, form, keys = visit.me, visit.form, visit.shared.keys
    if me.has_second_step:
        return visit.go("/account")
    try:
        secret = str(keys.unseal(form.text("sealed"), ref=_ref(me.session_id))["secret"])
    except SealBrokenError:
        return visit.go("/account/second-step")
    step = second_step.step_of(secret, form.text("code", longest=20), visit.now)
    if step is None:
        return _offer(visit, secret, trouble="account.code_wrong", status=422)
    if not await knows_password(visit, form.raw("password")):
        return _offer(visit, secret, trouble="account.password_wrong", status=422)

    def keep(session: Session) -> tuple[tuple[str, ...], str]:
        codes = second_step.keep_secret(session, me.id, secret, step, keys)
        sessions.end_all(session, me.id, "second step", visit.now, keep=me.session_id)
        note(session, "staff.second_step_on", f"staff {me.id}", visit.now)
        return codes, sessions.renew(session, me.session_id, visit.now)

    codes, token = await visit.write(keep)
    return _with_token(visit, visit.page("account/recovery_codes.html", codes=codes), token)


def _offer(visit: Visit, secret: str, *, trouble: str = "", status: int = 200) -> Response:
    house = visit.shared.house.settings.company
    address = second_step.address_of(secret, visit.me.email, f"Recado {house.name}".strip())
    picture = segno.make(address, error="m").svg_data_uri(scale=4, border=2)
    sealed = visit.shared.keys.seal({"secret": secret}, ref=_ref(visit.me.session_id))
    spelt = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return visit.page("account/second_step.html", status, picture=picture, spelt=spelt, sealed=sealed, trouble=trouble)


async def end_second_step(visit: Visit) -> Response:
    """Take the second step away, if they know the password."""
    me = visit.me
    if not await knows_password(visit, visit.form.raw("password")):
        return visit.go("/account", "account.password_wrong", trouble=True)
    await visit.write(lambda s: forget_second_step(s, me.id, visit.now, keep=me.session_id))
    return visit.go("/account", "account.second_step_off")


async def renew_codes(visit: Visit) -> Response:
    """Ten new recovery codes, if they know the password."""
    me = visit.me
    if not me.has_second_step:
        return visit.go("/account")
    if not await knows_password(visit, visit.form.raw("password")):
        return visit.go("/account", "account.password_wrong", trouble=True)
    codes = await visit.write(lambda s: second_step.renew_recovery_codes(s, me.id, visit.shared.keys))
    return visit.page("account/recovery_codes.html", codes=codes)


async def end_sessions(visit: Visit) -> Response:
    """Sign out everywhere else, or in one place."""
    me = visit.me
    one = visit.form.number("session", least=1, most=2**62)
    if one is not None:
        await visit.write(lambda s: _end_one(s, me, one, visit.now))
        return visit.go("/account", "account.one_signed_out")
    await visit.write(lambda s: sessions.end_all(s, me.id, "signed out elsewhere", visit.now, keep=me.session_id))
    return visit.go("/account", "account.others_signed_out")


def _end_one(session: Session, me: Viewer, session_id: int, now: datetime) -> None:
    """Nobody ends a session of somebody else."""
    row = session.get(StaffSession, session_id)
    if row is None or row.staff_id != me.id:
        raise HTTPException(404)
    sessions.end(session, session_id, "signed out elsewhere", now)
    note(session, "staff.session_ended", f"staff {me.id}", now, ended=session_id)


def _with_token(visit: Visit, response: Response, token: str) -> Response:
    set_cookie(response, SESSION, token, secure=visit.secure)
    return response


def _zones(mine: str) -> tuple[str, ...]:
    return ZONES if mine in ZONES else (mine, *ZONES)


def _ref(session_id: int) -> str:
    """A secret offered to one session cannot be brought back by another."""
    return f"staff offered second step {session_id}"


ROUTES = (
    get("/account", show_account),
    post("/account", save_account),
    get("/account/password", show_password),
    post("/account/password", change_password),
    get("/account/second-step", show_second_step),
    post("/account/second-step", begin_second_step),
    post("/account/second-step/off", end_second_step),
    post("/account/recovery-codes", renew_codes),
    post("/account/sessions", end_sessions),
)
