"""Message templates: the only words that reach somebody who has been silent for 24 hours."""

from app.doctor.finding import Finding
from app.doctor.meta.graph import Graph, Json, refused
from app.whatsapp.errors import SendError

MOST_PAGES = 20  # of 100; an account has at most 6,000 templates, and we only name troubles
ADVICE = {
    "REJECTED": "Mend it as its reason says and hand it in again.",
    "PAUSED": "People disliked it; it comes back by itself in 3 or 6 hours, or mend it.",
    "DISABLED": "It was paused too often: make another one.",
    "PENDING": "Wait for Meta's review, up to a day.",
    "IN_APPEAL": "Wait for Meta's review.",
    "FLAGGED": "Its quality is low: mend it before it is paused.",
}


async def check_templates(graph: Graph) -> list[Finding]:
    """List those that cannot be sent."""
    try:
        listed = await _all(graph)
    except SendError as error:
        return [refused("templates", error)]
    bad = [template for template in listed if template.get("status") != "APPROVED"]
    approved = len(listed) - len(bad)
    summary = Finding("templates", "good", f"{approved} approved") if approved else _none_approved(len(bad))
    return [summary, *(_unusable(template) for template in bad)]


def _none_approved(others: int) -> Finding:
    found = f"none approved{f', {others} others' if others else ''}: who was silent for 24 hours cannot be written to"
    return Finding("templates", "note", found, "Make one in WhatsApp Manager, Message templates.")


def _unusable(template: Json) -> Finding:
    status = str(template.get("status", "unknown"))
    reason = str(template.get("rejected_reason") or "NONE")
    found = f"{template.get('name')} ({template.get('language')}): {status}"
    found += f", {reason}" if reason != "NONE" else ""
    return Finding("template", "note", found, ADVICE.get(status, "See WhatsApp Manager, Message templates."))


async def _all(graph: Graph) -> list[Json]:
    listed: list[Json] = []
    more = {"limit": "100", "fields": "name,language,status,rejected_reason"}
    for _ in range(MOST_PAGES):
        page = await graph.get(f"{graph.settings.waba_id}/message_templates", **more)
        listed += [template for template in page.get("data") or () if isinstance(template, dict)]
        paging = page.get("paging") or {}
        if not paging.get("next"):
            break
        more["after"] = str((paging.get("cursors") or {}).get("after", ""))
    return listed
