"""The company's number: whether it is connected, how it is rated, how fast it may send."""

from app.doctor.finding import Finding
from app.doctor.meta.graph import Graph, Json, graded, refused
from app.settings import WhatsAppSettings
from app.whatsapp.errors import SendError

STANDING = "display_phone_number,verified_name,status,quality_rating,name_status,throughput,account_mode"
STANDARD_RATE, HIGH_RATE = 80, 1000  # messages a second, [EN]/throughput

FEWER = "Send less and only what is asked for; see who blocks us in WhatsApp Manager, Insights."


def _bad(said: str, advice: str) -> Finding:
    return Finding("", "trouble", said, advice)


def _soso(said: str, advice: str) -> Finding:
    return Finding("", "note", said, advice)


REGISTER = "Register it: POST /PHONE_NUMBER_ID/register with its two-step PIN, or WhatsApp Manager, Phone numbers."
STATUS = {
    "FLAGGED": _soso(": its quality is low; in seven days its limit may be lowered", FEWER),
    "RESTRICTED": _bad(": it may not start conversations until its quality recovers", FEWER),
    "RATE_LIMITED": _bad(": it reached its limit of conversations", "Wait, or ask for a higher limit."),
    "BANNED": _bad(": Meta shut it out", "Appeal in Business Support Home."),
    "PENDING": _bad(": it is not registered yet", REGISTER),
    "UNVERIFIED": _bad(": it was never verified", "Verify it by SMS or call in WhatsApp Manager, Phone numbers."),
    "DISCONNECTED": _bad(": it is not connected to the Cloud API", REGISTER),
    "MIGRATED": _bad(": it moved to another account", "Set RECADO_WHATSAPP__PHONE_NUMBER_ID to its new id."),
    "DELETED": _bad(": it was deleted", "Add a number in WhatsApp Manager and set RECADO_WHATSAPP__PHONE_NUMBER_ID."),
}
QUALITY = {
    "YELLOW": _soso(": some people block or report us", FEWER),
    "RED": _bad(": many people block or report us; the number may be restricted", FEWER),
}
NAME = {
    "PENDING_REVIEW": _soso(": Meta is looking at it", "Wait; messages go out meanwhile."),
    "DECLINED": _bad(": Meta refused it", "Choose a name like your website's in WhatsApp Manager, Phone numbers."),
    "EXPIRED": _bad(": its certificate is over", "Ask for the name again and register the number again."),
    "NONE": _bad(": it has none", "Ask for a name in WhatsApp Manager, Phone numbers."),
}
CAN_SEND = {
    "LIMITED": _soso(": Meta holds something against it", "See WhatsApp Manager, Overview."),
    "BLOCKED": _bad(": nothing can be sent", "See WhatsApp Manager, Overview."),
}


async def check_number(graph: Graph) -> list[Finding]:
    """Ask about the number; what a version of the API does not know is left out."""
    number = graph.settings.phone_number_id
    try:
        told = await graph.get(number, fields=STANDING)
    except SendError as error:
        return [refused("number", error)]
    shown = f"{told.get('display_phone_number', number)}, {told.get('status', 'answers')}"
    findings = [
        graded("number", str(told.get("status", "")), STATUS, shown),
        graded("quality", str(told.get("quality_rating", "UNKNOWN")), QUALITY),
        graded("display name", str(told.get("name_status", "")), NAME, f"{told.get('verified_name', '')} {_low(told)}"),
        _throughput(str((told.get("throughput") or {}).get("level", "")), graph.settings),
    ]
    if told.get("account_mode") == "SANDBOX":
        advice = "Add a number of your own before employees use it."
        findings.append(Finding("number", "note", "a test number: only five people can be written to", advice))
    return [*findings, *await _health(graph, number)]


def _low(told: Json) -> str:
    return f"({str(told.get('name_status', 'unknown')).lower().replace('_', ' ')})"


def _throughput(level: str, settings: WhatsAppSettings) -> Finding:
    allowed, ours = (HIGH_RATE if level == "HIGH" else STANDARD_RATE), settings.messages_per_second
    found = f"{level or 'unknown'}: {allowed} messages a second, ours is set to {ours}"
    if ours > allowed:
        return Finding("throughput", "trouble", found, f"Set RECADO_WHATSAPP__MESSAGES_PER_SECOND={allowed}.")
    if level == "HIGH" and ours == STANDARD_RATE:
        return Finding("throughput", "note", found, f"RECADO_WHATSAPP__MESSAGES_PER_SECOND may be up to {allowed}.")
    return Finding("throughput", "good", found)


async def _health(graph: Graph, number: str) -> list[Finding]:
    """What Meta itself says is wrong with number, account, business or app, with what it proposes."""
    try:
        health = (await graph.get(number, fields="health_status")).get("health_status") or {}
    except SendError:
        return []  # an older version of the API
    findings = []
    for part in health.get("entities") or ():
        kind = str(part.get("entity_type", "")).lower().replace("_", " ")
        found = graded(f"sending: {kind}", str(part.get("can_send_message", "")), CAN_SEND)
        for error in part.get("errors") or ():
            words = str(error.get("error_description", ""))
            advice = str(error.get("possible_solution") or found.advice)
            findings.append(found._replace(found=f"{part.get('can_send_message')}: {words}", advice=advice))
        if found.state != "good" and not part.get("errors"):
            findings.append(found)
    return findings or [Finding("sending", "good", str(health.get("can_send_message") or "AVAILABLE"))]
