"""The access token: whether it is valid, for how long, and what it may do."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from app.doctor.finding import Finding
from app.doctor.meta.graph import NEW_TOKEN, PERMISSION, Graph, refused
from app.whatsapp.errors import SendError

WHAT = "access token"
SOON = timedelta(days=14)
SCOPES = {
    "whatsapp_business_messaging": "without it nothing can be sent",
    "whatsapp_business_management": "without it templates and subscriptions cannot be looked at",
}
TOKEN_GONE = 190  # Meta's code for a token that is wrong, expired or withdrawn


class Token(NamedTuple):
    """A token that Meta takes; `app_id` is empty when it does not say whose it is."""

    app_id: str


async def check_token(graph: Graph) -> tuple[list[Finding], Token | None]:
    """Ask about the token with the token itself; None when it is no good."""
    token = graph.settings.access_token.get_secret_value()
    try:
        told = (await graph.get("debug_token", input_token=token)).get("data", {})
    except SendError as error:
        if error.code in {0, TOKEN_GONE}:
            return [refused(WHAT, error)], None
        found = f"Meta does not tell what it may do ({error})"
        return [Finding(WHAT, "note", found, "If sending works, it is good.")], Token("")
    if not told.get("is_valid"):
        return [Finding(WHAT, "trouble", "not valid any more", NEW_TOKEN)], None
    findings = [*_expiry(told), *_scopes(told), *_reach(told, graph.settings.waba_id)]
    kind = str(told.get("type", "")).lower().replace("_", " ") or "valid"
    return findings or [Finding(WHAT, "good", f"{kind}, never expires")], Token(str(told.get("app_id", "")))


def _expiry(told: dict[str, Any]) -> list[Finding]:
    moments = [int(told.get(name) or 0) for name in ("expires_at", "data_access_expires_at")]
    if not any(moments):
        return []
    until = datetime.fromtimestamp(min(moment for moment in moments if moment), UTC)
    state = "trouble" if until - datetime.now(UTC) < SOON else "note"
    return [Finding(WHAT, "trouble" if state == "trouble" else "note", f"expires on {until:%Y-%m-%d}", NEW_TOKEN)]


def _scopes(told: dict[str, Any]) -> list[Finding]:
    given = set(told.get("scopes") or ())
    return [
        Finding(WHAT, "trouble", f"lacks {scope}: {why}", NEW_TOKEN)
        for scope, why in SCOPES.items()
        if scope not in given
    ]


def _reach(told: dict[str, Any], waba_id: str) -> list[Finding]:
    """A token may be limited to some accounts."""
    for granted in told.get("granular_scopes") or ():
        targets = {str(target) for target in granted.get("target_ids") or ()}
        if granted.get("scope") in SCOPES and targets and waba_id and waba_id not in targets:
            return [Finding(WHAT, "trouble", f"may not touch the account {waba_id}", PERMISSION)]
    return []
