"""The Cloud API over httpx: one call per method, every answer either a result or the one error that says what to do."""

import asyncio
import json
from datetime import timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
from pydantic import Field, ValidationError

from app.errors import ConfigurationError
from app.settings import WhatsAppSettings
from app.tracing import TRACES
from app.whatsapp import limits, wire
from app.whatsapp.address import Address
from app.whatsapp.codes import error_for
from app.whatsapp.errors import ChannelStoppedError, RefusedError, SendError, UnavailableError
from app.whatsapp.network import is_loopback
from tools.service_desk import Frozen

TIMEOUT = httpx.Timeout(connect=5, write=10, read=15, pool=5)
LONGEST_CALL = 25.0  # seconds; shorter than the lease of an outbox entry, so that nobody sends it meanwhile
LONGEST_REASON = 300


class Accepted(Frozen):
    """Meta took it, which is not delivery; `wa_id` is the number as Meta spells it, from now on the right spelling."""

    wamid: str
    wa_id: str = ""
    user_id: str = ""


class _Sent(wire.Wire):
    id: str = Field(min_length=1)


class _Answer(wire.Wire):
    messages: list[_Sent] = Field(min_length=1)
    contacts: list[wire.Contact] = Field(default_factory=list)


class _Refusal(wire.Error):
    error_subcode: int = 0


class CloudApi:
    """The API of one business number. Use `async with`, or call `close`."""

    def __init__(self, settings: WhatsAppSettings, http: httpx.AsyncClient | None = None) -> None:
        self.base_url = settings.base_url.rstrip("/")
        self.phone_number_id = settings.phone_number_id
        self.media_hosts = settings.media_hosts
        self.root = f"{self.base_url}/{settings.api_version}"
        token = settings.access_token.get_secret_value().strip()
        if not token or not token.isascii() or not token.isprintable():
            raise ConfigurationError("RECADO_WHATSAPP__ACCESS_TOKEN is missing or not a token")
        if not settings.phone_number_id.isalnum():
            raise ConfigurationError("RECADO_WHATSAPP__PHONE_NUMBER_ID is missing or not an id")
        self.authorization = {"Authorization": f"Bearer {token}"}
        host = urlsplit(self.base_url).hostname or ""
        # A proxy from the environment is right for Meta and wrong for an emulator on this machine.
        self.http = http or httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=not is_loopback(host))

    async def __aenter__(self) -> Self:
        """Itself; the connections are opened when needed."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def send(self, address: Address, message: dict[str, Any], *, opaque: str = "") -> Accepted:
        """Send one message object of `outbound`; `opaque` comes back in every status of it. Raises `SendError`s."""
        if limits.units(opaque) > limits.OPAQUE:
            raise RefusedError("the opaque data is longer than 512 characters")
        body = {"messaging_product": "whatsapp", "recipient_type": "individual", **_recipient(address), **message}
        if opaque:
            body["biz_opaque_callback_data"] = opaque
        answer = await self.call("POST", f"{self.root}/{self.phone_number_id}/messages", body=body)
        return _accepted(answer)

    async def mark_read(self, wamid: str, *, typing: bool = False) -> None:
        """Blue ticks for this message and those before it; `typing` shows "typing…" until we answer, 25 s at most."""
        body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": wamid}
        if typing:
            body["typing_indicator"] = {"type": "text"}
        await self.call("POST", f"{self.root}/{self.phone_number_id}/messages", body=body)

    async def call(self, method: str, url: str, *, body: dict[str, Any] | None = None, **parts: Any) -> Any:
        """One request with the token, to our own base URL only; the JSON of a 200, else a `SendError`."""
        with TRACES.span(f"whatsapp {method} {_kind(url)}", side="client"):
            return await self._call(method, url, body, parts)

    async def _call(self, method: str, url: str, body: dict[str, Any] | None, parts: dict[str, Any]) -> Any:
        headers = dict(self.authorization)
        if body is not None:
            headers["Content-Type"] = "application/json"
            parts["content"] = json.dumps(body).encode()  # ASCII: a lone surrogate is Meta's to refuse, not a crash
        try:
            async with asyncio.timeout(LONGEST_CALL):
                response = await self.http.request(method, url, headers=headers, follow_redirects=False, **parts)
        except TimeoutError:
            raise UnavailableError("no answer in time", ambiguous=True) from None
        except (httpx.RequestError, httpx.InvalidURL) as error:
            raise lost(error) from None
        except AttributeError:  # anyio on uvloop, when a connection is lost in the moment it is made: nothing was sent
            raise UnavailableError("the connection was lost as it was made") from None
        if response.status_code != 200:
            raise refusal(response)
        try:
            return response.json()
        except ValueError:
            raise UnavailableError("an answer that is no JSON", status=200, ambiguous=True) from None


def _kind(url: str) -> str:
    """What is asked for: the last word of the path, unless it is an id."""
    last = urlsplit(url).path.rpartition("/")[2]
    return "object" if last.isdigit() else last


def lost(error: httpx.RequestError | httpx.InvalidURL) -> SendError:
    """What it means that there was no answer: whether the request can have arrived."""
    name = type(error).__name__
    if isinstance(error, (httpx.InvalidURL, httpx.UnsupportedProtocol)):
        return ChannelStoppedError(f"the address of the API is wrong: {name}")
    never_left = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
    return UnavailableError(f"no answer: {name}", ambiguous=not isinstance(error, never_left))


def refusal(response: httpx.Response) -> SendError:
    """The error that an answer other than 200 stands for; HTML and other surprises are judged by their status."""
    try:
        error = _Refusal.model_validate(response.json()["error"])
    except (ValueError, ValidationError, KeyError, TypeError):
        error = _Refusal()
    words = " ".join(error.details.split())[:LONGEST_REASON]
    return error_for(
        error.code,
        words or f"HTTP {response.status_code}",
        status=response.status_code,
        subcode=error.error_subcode,
        retry_after=_retry_after(response),
    )


def _retry_after(response: httpx.Response) -> timedelta | None:
    seconds = response.headers.get("retry-after", "")
    return timedelta(seconds=min(int(seconds), 3600)) if seconds.isdecimal() and len(seconds) < 8 else None


def _recipient(address: Address) -> dict[str, str]:
    """Both when both are known (the number wins at Meta); a BSUID never goes into `to`, where it would vanish."""
    names = {"to": f"+{address.wa_id}" if address.wa_id else "", "recipient": address.bsuid}
    given = {key: name for key, name in names.items() if name}
    if not given:
        raise RefusedError("nobody to send it to")
    return given


def _accepted(answer: Any) -> Accepted:
    try:
        sent = _Answer.model_validate(answer)
    except ValidationError:
        raise UnavailableError("an answer without a message id", status=200, ambiguous=True) from None
    contact = sent.contacts[0] if sent.contacts else wire.Contact()
    return Accepted(wamid=sent.messages[0].id, wa_id=contact.wa_id, user_id=contact.user_id)
