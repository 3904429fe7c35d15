"""The errors the Cloud API answers with, in Meta's own shape."""

import secrets
from typing import Any

_TITLES = {
    10: "Application does not have permission for this action",
    100: "Invalid parameter",
    190: "Invalid OAuth access token - Cannot parse access token",
    200: "Permissions error",
    130429: "Rate limit hit",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131051: "Unsupported message type",
    131053: "Media upload error",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
    132015: "Template is paused",
    132016: "Template is disabled",
}
_STATUSES = {10: 403, 190: 401, 200: 403, 131000: 500, 132001: 404}


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault of the emulator
    """The Cloud API refuses: Meta's code, the details a developer reads, and the HTTP status."""

    def __init__(self, code: int, details: str = "", *, status: int | None = None, subcode: int | None = None) -> None:
        super().__init__(details)
        self.code = code
        self.details = details
        self.subcode = subcode
        self.status = status or _STATUSES.get(code, 400)

    @property
    def title(self) -> str:
        """Meta's short name of the code."""
        return _TITLES.get(self.code, "Unknown error")

    def body(self) -> dict[str, Any]:
        """Return the JSON answered over HTTP."""
        text = self.title if self.code == 190 else f"(#{self.code}) {self.title}"
        error: dict[str, Any] = {"message": text, "type": "OAuthException", "code": self.code}
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode:
            error["error_subcode"] = self.subcode
        return {"error": error | {"fbtrace_id": "A" + secrets.token_urlsafe(12)}}

    def as_status_error(self) -> dict[str, Any]:
        """Return the same refusal as a `failed` status webhook carries it."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        }
