"""Whether messages reach us: the app subscribed to the account, its secret, callback URL and webhook fields."""

import secrets

import httpx

from app.doctor.finding import Finding
from app.doctor.meta.graph import Graph, Json, refused
from app.whatsapp.errors import SendError

TOPIC = "whatsapp_business_account"
HELPFUL = (
    "account_update", "message_template_status_update", "phone_number_quality_update", "phone_number_name_update",
    "business_capability_update", "user_preferences", "security",
)  # fmt: skip
CONFIGURE = (
    "App dashboard, WhatsApp, Configuration: callback URL https://YOUR.HOST/whatsapp/webhook and our verify token."
)
SECRET = (
    "Copy it from the app dashboard, Settings, Basic, to RECADO_WHATSAPP__APP_SECRET: "  # noqa: S105 -- words
    "with another one every webhook is refused with 401."
)
PATIENCE = 10.0  # seconds for our own callback to answer


async def check_subscription(graph: Graph, app_id: str) -> list[Finding]:
    """Ask the account for its apps and, with the app's own token, the app for its webhook."""
    try:
        apps = (await graph.get(f"{graph.settings.waba_id}/subscribed_apps")).get("data") or []
    except SendError as error:
        return [refused("subscribed app", error)]
    findings = [_subscribed(apps, app_id, graph.settings.waba_id)]
    override = next((str(app["override_callback_uri"]) for app in apps if app.get("override_callback_uri")), "")
    if override:
        findings.append(Finding("webhook", "note", f"this account's goes to {override}", "See that this is us."))
    if not app_id:
        return findings
    return findings + await _webhook(graph, app_id)


def _subscribed(apps: list[Json], app_id: str, waba_id: str) -> Finding:
    known = {str(data.get("id")): str(data.get("name", "")) for app in apps for data in [_data(app)]}
    advice = f"curl -X POST -H 'Authorization: Bearer TOKEN' https://graph.facebook.com/v25.0/{waba_id}/subscribed_apps"
    if not known:
        return Finding("subscribed app", "trouble", "none: no message reaches anybody", advice)
    if app_id and app_id not in known:
        others = ", ".join(filter(None, known.values()))
        return Finding("subscribed app", "trouble", f"not ours, but {others}: no message reaches us", advice)
    return Finding("subscribed app", "good", known.get(app_id) or ", ".join(known.values()))


def _data(app: Json) -> Json:
    found = app.get("whatsapp_business_api_data")
    return found if isinstance(found, dict) else {}


async def _webhook(graph: Graph, app_id: str) -> list[Finding]:
    """While the secret is being rotated two are set: the first that Meta takes is the app's."""
    refusal: SendError | None = None
    for secret in filter(None, graph.settings.app_secret.get_secret_value().split(",")):
        try:
            told = await graph.with_token(f"{app_id}|{secret}").get(f"{app_id}/subscriptions")
        except SendError as error:
            refusal = error
            continue
        good = Finding("app secret", "good", f"is that of app {app_id}")
        return [good, *await _topics(told.get("data") or [], graph)]
    if refusal is None:
        return []
    if refusal.code in {101, 190}:
        return [Finding("app secret", "trouble", f"is not that of app {app_id}", SECRET)]
    return [refused("webhook", refusal)]


async def _topics(topics: list[Json], graph: Graph) -> list[Finding]:
    topic = next((each for each in topics if each.get("object") == TOPIC), None)
    if topic is None:
        return [Finding("webhook", "trouble", "the app asks for none", CONFIGURE)]
    url = str(topic.get("callback_url", ""))
    fields = {str(each.get("name")) for each in topic.get("fields") or () if isinstance(each, dict)}
    if not topic.get("active"):
        off = Finding("webhook", "trouble", f"{url} is switched off: Meta gave up on it", CONFIGURE)
        return [off, _fields(fields)]
    return [await _callback(url, graph), _fields(fields)]


async def _callback(url: str, graph: Graph) -> Finding:
    """Shake hands with it as Meta does: only we know the token."""
    challenge = secrets.token_hex(8)
    token = graph.settings.verify_token.get_secret_value()
    asked = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token}
    try:
        answer = await graph.http.get(url, params=asked, timeout=PATIENCE)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        found = f"{url} does not answer from here: {type(error).__name__}"
        return Finding(
            "webhook", "note", found, "Is `recado serve` running, and TLS in front of it? Meta may get through."
        )
    if answer.status_code == 200 and answer.text == challenge:
        return Finding("webhook", "good", f"{url} answers Meta's handshake")
    found = f"{url} answers the handshake with {answer.status_code}: it is not us, or has another verify token"
    return Finding("webhook", "trouble", found, CONFIGURE)


def _fields(fields: set[str]) -> Finding:
    if "messages" not in fields:
        advice = "App dashboard, WhatsApp, Configuration, Webhook fields: subscribe to messages."
        return Finding("webhook fields", "trouble", "messages is missing: no message reaches us", advice)
    if missing := [name for name in HELPFUL if name not in fields]:
        advice = "Subscribe to them to hear of blocked numbers, templates and limits."
        return Finding("webhook fields", "note", f"messages; without {', '.join(missing)}", advice)
    return Finding("webhook fields", "good", f"messages and {len(fields) - 1} more")
