"""Signing in through the company's own provider: the way there and the way back."""

from dataclasses import asdict

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from app.audit.chain import note
from app.console.areas.sign_in import after_signing_in, begin_session, with_session
from app.console.cookies import COMPANY, drop_cookie, read_cookie, set_cookie
from app.console.entry import ROOT
from app.console.route import get
from app.console.shield import origin_of
from app.console.visit import Visit
from app.identity.keys import SealBrokenError
from app.staff.errors import OidcError, StaffRefusedError
from app.staff.identities import account_of
from app.staff.oidc import Begun, Provider, Someone

BACK = "/sign-in/company/back"
SEAL = "company sign-in"
MINUTES = 10  # to sign in over there


async def leave(visit: Visit) -> Response:
    """Send the browser to the provider; what must come back is sealed in a cookie of its own."""
    provider, begun = _provider(visit), Begun.new()
    after = after_signing_in(visit.request.query_params.get("next", ""))
    try:
        address = await provider.address(begun, _redirect(visit))
    except OidcError as error:
        return _refused(visit, error)
    response = RedirectResponse(address, 303)
    kept = {**asdict(begun), "after": after, "until": visit.now.timestamp() + MINUTES * 60}
    sealed = visit.shared.keys.seal(kept, ref=SEAL)
    set_cookie(response, COMPANY, sealed, secure=visit.secure, seconds=MINUTES * 60)
    return response


async def come_back(visit: Visit) -> Response:
    """Weigh what the provider says; whoever it vouches for and has an account gets a session."""
    provider, told = _provider(visit), visit.request.query_params
    try:
        begun, after = _begun(visit, told.get("state", ""))
        if told.get("iss", visit.shared.house.settings.oidc.issuer) != visit.shared.house.settings.oidc.issuer:
            raise OidcError("refused", "The answer comes from another provider.")
        if "code" not in told:
            raise OidcError("refused", "The provider let nobody in.")
        someone = await provider.someone(begun, told["code"], _redirect(visit))
        token = await visit.write(lambda session: _let_in(session, visit, someone))
    except StaffRefusedError as error:
        reason = error.reason
        await visit.write(lambda s: _remember_refusal(s, visit, reason), noted=False)
        return _refused(visit, error)
    response = with_session(visit, token, after)
    drop_cookie(response, COMPANY, secure=visit.secure)
    return response


def _begun(visit: Visit, state: str) -> tuple[Begun, str]:
    """What this browser began, if it is the very sign-in that comes back, within its ten minutes."""
    sealed = read_cookie(visit.request, COMPANY, secure=visit.secure)
    try:
        kept = visit.shared.keys.unseal(sealed, ref=SEAL)
    except SealBrokenError:
        raise OidcError("expired", "This browser began no sign-in.") from None
    if not state or state != kept["state"] or visit.now.timestamp() > kept["until"]:
        raise OidcError("expired", "It is another sign-in, or an old one.")
    return Begun(kept["state"], kept["nonce"], kept["verifier"]), kept["after"]


def _let_in(session: Session, visit: Visit, someone: Someone) -> str:
    row = account_of(session, someone, visit.shared.house.settings.oidc, visit.now)
    return begin_session(session, visit, row.id, "full", method="oidc")


def _remember_refusal(session: Session, visit: Visit, reason: str) -> None:
    told = {"reason": reason, "method": "oidc", "address": visit.address}
    note(session, "sign_in.refused", "nobody's account", visit.now, by="visitor", **told)


def _refused(visit: Visit, error: StaffRefusedError) -> Response:
    response = visit.go("/sign-in", f"sign_in.company_{error.reason}", trouble=True)
    drop_cookie(response, COMPANY, secure=visit.secure)
    return response


def _provider(visit: Visit) -> Provider:
    if visit.shared.provider is None:
        raise HTTPException(404)
    return visit.shared.provider


def _redirect(visit: Visit) -> str:
    """Where the provider sends the browser back to; the shield lets in no host but ours."""
    return f"{origin_of(visit.request.scope, visit.shared.house.settings.console.url)}{ROOT}{BACK}"


ROUTES = (get("/sign-in/company", leave), get(BACK, come_back))
