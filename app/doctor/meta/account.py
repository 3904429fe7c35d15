"""The WhatsApp business account: reviewed, the business verified, and the number one of its own."""

from app.doctor.finding import Finding
from app.doctor.meta.graph import WRONG_ID, Graph, graded, refused
from app.whatsapp.errors import SendError

VERIFY = (
    "Verify the business in Business settings, Security center: until then 250 people a day can be written to first."
)
REVIEW = {
    "PENDING": Finding("", "note", ": Meta is looking at the account", "Wait."),
    "REJECTED": Finding(
        "", "trouble", ": Meta refused the account", "Ask for another review in Business Support Home."
    ),
}
VERIFICATION = {
    status: Finding("", "note", said, VERIFY)
    for status, said in {
        "not_verified": ": not begun",
        "pending": ": Meta is looking at the papers",
        "pending_need_more_info": ": Meta wants more papers",
        "pending_submission": ": papers are not sent yet",
        "failed": ": Meta refused the papers",
        "rejected": ": Meta refused the papers",
        "expired": ": the papers are too old",
        "revoked": ": Meta took it back",
        "ineligible": ": this business cannot be verified",
    }.items()
}


async def check_account(graph: Graph) -> list[Finding]:
    """Ask about the account and its numbers."""
    waba_id = graph.settings.waba_id
    try:
        told = await graph.get(waba_id, fields="name,account_review_status,business_verification_status")
        numbers = await graph.get(f"{waba_id}/phone_numbers", fields="id", limit="100")
    except SendError as error:
        return [refused("account", error)]
    findings = [
        graded("account", str(told.get("account_review_status", "APPROVED")), REVIEW, str(told.get("name", waba_id))),
        graded("business verification", str(told.get("business_verification_status", "unknown")), VERIFICATION),
    ]
    listed = {str(number.get("id")) for number in numbers.get("data") or ()}
    if graph.settings.phone_number_id not in listed:
        found = f"the number {graph.settings.phone_number_id} is not one of the account {waba_id}"
        findings.append(Finding("account", "trouble", found, WRONG_ID))
    return findings
