"""The company's own sign-in for staff: whether the provider answers as who it should be."""

import asyncio

from app.doctor.finding import Finding
from app.settings import Settings
from app.staff.errors import OidcError
from app.staff.oidc import Begun, Provider

WHAT = "staff sign-in"


def check_sign_in(settings: Settings) -> list[Finding]:
    """Ask the provider where to sign in; without one passwords are the way."""
    if not settings.oidc.issuer:
        return [Finding(WHAT, "good", "by password and authenticator")]
    try:
        asyncio.run(Provider(settings.oidc).address(Begun.new(), ""))
    except OidcError as error:
        advice = "RECADO_OIDC__ISSUER must be exactly what its /.well-known/openid-configuration calls itself."
        return [Finding(WHAT, "trouble", str(error), advice)]
    if not settings.console.url:
        advice = "Set RECADO_CONSOLE__URL, and register its /desk/sign-in/company/back at the provider."
        return [Finding(WHAT, "note", f"{settings.oidc.issuer} answers; nobody elsewhere reaches the pages", advice)]
    return [Finding(WHAT, "good", f"{settings.oidc.issuer} answers")]
