"""Where Meta calls: checks the signature over the raw bytes, has the delivery stored, then says 200; nothing else."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from app.errors import ConfigurationError, StoreUnavailableError
from app.metrics import WEBHOOKS
from app.settings import WhatsAppSettings
from app.whatsapp.errors import BadBodyError, OverloadedError
from app.whatsapp.payload import Delivery, read
from app.whatsapp.signature import is_signed

LARGEST = 3 * 1024 * 1024  # bytes; Meta's own limit for a payload is 3 MB
SLOWEST = 10.0  # seconds for a whole body to arrive
STORE_PAUSE = 5  # seconds to come back after when the store takes nothing
LONGEST_QUERY = 4096  # bytes; Meta's handshake has about 150

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Accept = Callable[[Delivery], Awaitable[None]]

REASONS = {
    400: b"not a WhatsApp webhook",
    401: b"signature missing or wrong",
    403: b"verification failed",
    405: b"only GET and POST",
    408: b"the body took too long",
    413: b"body larger than 3 MB",
    503: b"not stored, try again",
}


class RefusedBodyError(Exception):
    """The delivery is not taken; answered with this HTTP status, and when to come back (in seconds)."""

    def __init__(self, status: int, retry_after: int = 0) -> None:
        super().__init__(status)
        self.status, self.retry_after = status, retry_after


class Webhook:
    """An ASGI application for one path.

    `accept` returns when the delivery is durable, else raises `StoreUnavailableError` or `OverloadedError`.
    """

    def __init__(self, settings: WhatsAppSettings, accept: Accept) -> None:
        # While a secret is being rotated both are given, separated by a comma.
        self.secrets = tuple(secret for secret in settings.app_secret.get_secret_value().split(",") if secret)
        if not self.secrets:
            raise ConfigurationError("RECADO_WHATSAPP__APP_SECRET is missing: without it anybody could write to us")
        self.verify_token = settings.verify_token.get_secret_value()
        self.accept = accept
        self.slowest = SLOWEST

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError("the webhook speaks HTTP only")
        if scope["method"] == "GET":
            await _answer(send, *self._handshake(scope["query_string"]))
        elif scope["method"] == "POST":
            try:
                await self._take(scope, receive)
            except RefusedBodyError as refused:
                if refused.status:  # else nobody waits for an answer
                    await _answer(send, refused.status, REASONS[refused.status], retry_after=refused.retry_after)
            else:
                await _answer(send, 200, b"")
        else:
            await _answer(send, 405, REASONS[405])

    def _handshake(self, query: bytes) -> tuple[int, bytes]:
        """Meta's GET: the challenge goes back when the token is ours."""
        asked = dict(parse_qsl(query[:LONGEST_QUERY].decode("latin-1"), keep_blank_values=True))
        token = asked.get("hub.verify_token", "").encode()
        known = hmac.compare_digest(token, self.verify_token.encode())
        if not (known and self.verify_token and asked.get("hub.mode") == "subscribe"):
            return 403, REASONS[403]
        return 200, asked.get("hub.challenge", "").encode()

    async def _take(self, scope: Scope, receive: Receive) -> None:
        """Meta's POST: return once it is stored, else raise what to answer."""
        try:
            await self.accept(read(await self._signed_body(scope, receive)))
        except BadBodyError:
            raise RefusedBodyError(400) from None
        except OverloadedError as overloaded:
            raise RefusedBodyError(503, overloaded.retry_after) from None
        except StoreUnavailableError:
            raise RefusedBodyError(503, STORE_PAUSE) from None

    async def _signed_body(self, scope: Scope, receive: Receive) -> bytes:
        signature, length = _headers(scope)
        if length > LARGEST:
            raise RefusedBodyError(413)
        try:
            async with asyncio.timeout(self.slowest):
                body = await _body(receive)
        except TimeoutError:
            raise RefusedBodyError(408) from None
        if not is_signed(self.secrets, body, signature):
            raise RefusedBodyError(401)
        return body


def webhook_app(settings: WhatsAppSettings, accept: Accept) -> Webhook:
    """The application to mount at `/whatsapp/webhook`."""
    return Webhook(settings, accept)


def _headers(scope: Scope) -> tuple[str, int]:
    """The signature and the announced length; "" and 0 when absent, twice there or unreadable."""
    signatures = [value for name, value in scope["headers"] if name == b"x-hub-signature-256"]
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    signature = signatures[0].decode("latin-1") if len(signatures) == 1 else ""
    announced = lengths[0] if len(lengths) == 1 else b""
    return signature, int(announced[:20]) if announced.isdigit() else 0


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            raise RefusedBodyError(0)
        chunk = event.get("body", b"")
        size += len(chunk)
        if size > LARGEST:
            raise RefusedBodyError(413)
        chunks.append(chunk)
        if not event.get("more_body", False):
            return b"".join(chunks)


async def _answer(send: Send, status: int, body: bytes, *, retry_after: int = 0) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    if status == 405:
        headers.append((b"allow", b"GET, POST"))
    if retry_after:
        headers.append((b"retry-after", str(retry_after).encode()))
    if status in {408, 413}:
        headers.append((b"connection", b"close"))  # the rest of the body is not wanted
    WEBHOOKS.labels(status).inc()
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
