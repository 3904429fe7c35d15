"""Questions to the Graph API, each answered by data or by a finding."""

from typing import Any, Self

import httpx
from pydantic import SecretStr

from app.doctor.finding import Finding
from app.settings import WhatsAppSettings
from app.whatsapp.client import CloudApi
from app.whatsapp.errors import SendError

Json = dict[str, Any]

NEW_TOKEN = (
    "Make a token of a system user that never expires (Business settings, System users, Generate token; permissions "  # noqa: S105 -- words
    "whatsapp_business_messaging and whatsapp_business_management) and set RECADO_WHATSAPP__ACCESS_TOKEN."
)
PERMISSION = (
    "Give the system user the app and the WhatsApp account with full control (Business settings, Accounts), and its "
    "token whatsapp_business_management."
)
WRONG_ID = "Check RECADO_WHATSAPP__PHONE_NUMBER_ID and __WABA_ID against WhatsApp Manager; neither is a phone number."
REMEDIES: dict[int, str] = {
    0: "Check RECADO_WHATSAPP__BASE_URL and that this machine may reach it.",
    190: NEW_TOKEN,
    **dict.fromkeys((3, 10, *range(200, 300), 131005), PERMISSION),
    **dict.fromkeys((33, 100), WRONG_ID),
    **dict.fromkeys((4, 80007, 80008), "Too many questions in this hour: try again later."),
    **dict.fromkeys((368, 131031), "The account is blocked for breaking a policy: see Business Support Home."),
}


class Graph:
    """The Graph API with one token; `http` are the connections, which others may share."""

    def __init__(self, settings: WhatsAppSettings, http: httpx.AsyncClient | None = None) -> None:
        self.settings = settings
        self._api = CloudApi(settings, http)
        self.http = self._api.http

    async def __aenter__(self) -> Self:
        """Itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._api.close()

    async def get(self, path: str, **params: str) -> Json:
        """The answer's object; raises `SendError`."""
        answer = await self._api.call("GET", f"{self._api.root}/{path}", params=params)
        return answer if isinstance(answer, dict) else {}

    def with_token(self, token: str) -> "Graph":
        """The same API over the same connections, with another token."""
        return Graph(self.settings.model_copy(update={"access_token": SecretStr(token)}), self.http)


def refused(what: str, error: SendError) -> Finding:
    """The finding that a question was not answered."""
    return Finding(what, "trouble", str(error), REMEDIES.get(error.code, "See Meta's error codes for this number."))


def graded(what: str, value: str, bad: dict[str, Finding], shown: str = "") -> Finding:
    """The finding for a value: one of the bad ones, or good."""
    found = bad.get(value)
    return (
        found._replace(what=what, found=f"{shown or value}{found.found}")
        if found
        else Finding(what, "good", shown or value)
    )
