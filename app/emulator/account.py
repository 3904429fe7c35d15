"""How the emulated business account stands at Meta: what an installation check asks about, good unless changed."""

from dataclasses import dataclass, field
from typing import Any

from app.emulator.faults import Switches

APP_ID = "1000000000000001"
SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
FIELDS = (
    "messages", "account_update", "message_template_status_update", "phone_number_quality_update",
    "phone_number_name_update", "business_capability_update", "user_preferences", "security",
)  # fmt: skip


@dataclass
class Account(Switches):
    """Token, number, account, app and their standing, in Meta's own words.

    `management_refused` is the code (10, 200) with which questions about the account and its app are refused; 0 = none.
    """

    token_expired: bool = False
    token_expires_at: float = 0.0  # Unix seconds; 0 = never
    token_type: str = "SYSTEM_USER"  # noqa: S105 -- a kind of token
    token_scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    token_accounts: list[str] = field(default_factory=list)  # ids the token is limited to; none = all
    management_refused: int = 0
    status: str = "CONNECTED"
    quality_rating: str = "GREEN"
    name_status: str = "APPROVED"
    throughput: str = "STANDARD"
    account_mode: str = "LIVE"
    can_send: str = "AVAILABLE"
    solution: str = ""  # what Meta proposes while `can_send` is LIMITED or BLOCKED
    review: str = "APPROVED"
    business_verification: str = "verified"
    subscribed: bool = True
    callback_url: str = ""  # empty = where the emulator delivers
    webhook_active: bool = True
    webhook_fields: list[str] = field(default_factory=lambda: list(FIELDS))

    def health(self, entities: dict[str, str]) -> dict[str, Any]:
        """Return Meta's `health_status`: of every part (type -> id), the number's first."""
        listed: list[dict[str, Any]] = [
            {"entity_type": kind, "id": name, "can_send_message": "AVAILABLE"} for kind, name in entities.items()
        ]
        listed[0]["can_send_message"] = self.can_send
        if self.can_send != "AVAILABLE":
            words = {"error_code": 141000, "error_description": "Messaging is limited."}
            listed[0]["errors"] = [words | {"possible_solution": self.solution}]
        return {"can_send_message": self.can_send, "entities": listed}
