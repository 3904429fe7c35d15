"""Message templates: the only words that reach somebody who has been silent for 24 hours."""

from collections.abc import Collection
from typing import Literal

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


Named = tuple[str, str]  # a template's name and its language at Meta


async def check_templates(graph: Graph, wanted: Collection[Named] = ()) -> list[Finding]:
    """List those that cannot be sent; one that is `wanted`, and missing or not approved, is a trouble."""
    try:
        listed = await _all(graph)
    except SendError as error:
        return [refused("templates", error)]
    bad = [template for template in listed if template.get("status") != "APPROVED"]
    approved = len(listed) - len(bad)
    summary = Finding("templates", "good", f"{approved} approved") if approved else _none_approved(len(bad))
    known = {_name_of(template) for template in listed}
    missing = [_missing(*name) for name in wanted if name not in known]
    return [summary, *missing, *(_unusable(template, wanted) for template in bad)]


def _name_of(template: Json) -> Named:
    return str(template.get("name")), str(template.get("language"))


def _missing(name: str, language: str) -> Finding:
    advice = "Hand it in in WhatsApp Manager, Message templates, or set another one."
    return Finding("template", "trouble", f"{name} ({language}): there is none, and the settings name it", advice)


def _none_approved(others: int) -> Finding:
    found = f"none approved{f', {others} others' if others else ''}: who was silent for 24 hours cannot be written to"
    return Finding("templates", "note", found, "Make one in WhatsApp Manager, Message templates.")


def _unusable(template: Json, wanted: Collection[Named]) -> Finding:
    status = str(template.get("status", "unknown"))
    reason = str(template.get("rejected_reason") or "NONE")
    found = f"{template.get('name')} ({template.get('language')}): {status}"
    found += f", {reason}" if reason != "NONE" else ""
    state: Literal["note", "trouble"] = "trouble" if _name_of(template) in wanted else "note"
    return Finding("template", state, found, ADVICE.get(status, "See WhatsApp Manager, Message templates."))


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
