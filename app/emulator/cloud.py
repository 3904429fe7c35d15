"""The Cloud API over HTTP: messages and media."""

import asyncio
import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.background import BackgroundTask
from starlette.convertors import Convertor
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from app.emulator.exchange import Accepted
from app.emulator.refusal import Refusal
from app.emulator.switchboard import Emulator

Endpoint = Callable[[Request], Awaitable[Response]]

MOST_BODY_BYTES = 1_000_000


class GraphVersion(Convertor[str]):
    """A Graph API version such as v25.0, so that no other two-part path is taken for a Cloud API call."""

    regex = r"v\d{1,3}\.\d{1,2}"

    def convert(self, value: str) -> str:
        """Keep the version as written."""
        return value

    def to_string(self, value: str) -> str:
        """Write the version as given."""
        return value


class LostAnswer(Response):
    """An answer that starts and never ends: the server cuts the connection."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send headers that promise a body, and no body."""
        headers = [(b"content-type", b"application/json"), (b"content-length", b"300")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if self.background:
            await self.background()


class HungAnswer(Response):
    """No answer until the caller gives up or the time is over."""

    def __init__(self, seconds: float) -> None:
        super().__init__(status_code=504)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for the caller to leave."""
        try:
            async with asyncio.timeout(self._seconds):
                while (await receive())["type"] != "http.disconnect":
                    pass
        except TimeoutError:
            await super().__call__(scope, receive, send)


class CloudApi:
    """The endpoints of one business account."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[BaseRoute]:
        """Return the routes, each checking the bearer token and answering refusals in Meta's words."""
        number = self._emulator.line.phone_number_id
        root = "/{version:graph_version}"
        table: list[tuple[str, str, Endpoint]] = [
            (f"{root}/{number}/messages", "POST", self._messages),
            (f"{root}/{number}/media", "POST", self._upload),
            (f"{root}/{{media_id:int}}", "GET", self._media),
            (f"{root}/{{media_id:int}}", "DELETE", self._forget),
            ("/emulator/media/{media_id:int}", "GET", self._download),
            (f"{root}/{{rest:path}}", "GET", self._unknown),
            (f"{root}/{{rest:path}}", "POST", self._unknown),
        ]
        return [Route(path, guarded(self._emulator, each), methods=[method]) for path, method, each in table]

    async def _messages(self, request: Request) -> Response:
        faults = self._emulator.faults
        body = await _json_body(request)
        if body.get("status") == "read":
            return self._read(body)
        if faults.take("send_errors"):
            raise Refusal(131000, "Message failed to send due to an unknown error.")
        if faults.take("send_throttled"):
            raise Refusal(130429, "Cloud API message throughput has been reached.", status=429)
        if faults.take("send_hangs"):
            return HungAnswer(faults.hang_s)
        accepted = self._emulator.accept(body)
        if faults.status_before_answer:
            await self._emulator.tell_statuses(accepted, patience_s=5)
            return JSONResponse(_answer(body, accepted))
        later = BackgroundTask(self._emulator.tell_statuses, accepted)
        if faults.take("send_lost_answers"):
            return LostAnswer(background=later)
        return JSONResponse(_answer(body, accepted), background=later)

    def _read(self, body: dict[str, Any]) -> Response:
        indicator = body.get("typing_indicator")
        if indicator is not None and indicator != {"type": "text"}:
            raise Refusal(100, "typing_indicator.type must be 'text'.")
        self._emulator.mark_read(str(body.get("message_id", "")), typing=indicator is not None)
        return JSONResponse({"success": True})

    async def _upload(self, request: Request) -> Response:
        async with request.form(max_files=1) as form:
            file = form.get("file")
            if form.get("messaging_product") != "whatsapp" or not isinstance(file, UploadFile):
                raise Refusal(100, "messaging_product and file are required.")
            mime_type = str(form.get("type") or file.content_type or "")
            content = await file.read()
            stored = self._emulator.media.upload(content, mime_type, file.filename or "", self._emulator.now())
        return JSONResponse({"id": stored.id})

    async def _media(self, request: Request) -> Response:
        now = self._emulator.now()
        stored = self._emulator.media.get(str(request.path_params["media_id"]), now)
        if stored is None:
            return await self._unknown(request)
        url = self._emulator.media.url(str(request.base_url).rstrip("/"), stored.id, now)
        known = {"messaging_product": "whatsapp", "url": url, "mime_type": stored.mime_type}
        return JSONResponse(known | {"sha256": stored.sha256.hex(), "file_size": len(stored.content), "id": stored.id})

    async def _forget(self, request: Request) -> Response:
        self._emulator.media.delete(str(request.path_params["media_id"]))
        return JSONResponse({"success": True})

    async def _download(self, request: Request) -> Response:
        media_id, now = str(request.path_params["media_id"]), self._emulator.now()
        until, signature = request.query_params.get("ext", ""), request.query_params.get("hash", "")
        stored = self._emulator.media.get(media_id, now)
        if stored is None or not self._emulator.media.opens(media_id, until, signature, now):
            return JSONResponse({"error": {"message": "URL expired or unknown", "code": 404}}, 404)
        return Response(stored.content, media_type=stored.mime_type)

    async def _unknown(self, request: Request) -> Response:
        name = request.url.path.split("/")[2]
        details = f"Unsupported request. Object with ID '{name}' does not exist."
        raise Refusal(100, details, subcode=33)


def guarded(emulator: Emulator, endpoint: Endpoint) -> Endpoint:
    """The endpoint for whoever brings the token, while it is valid; refusals are answered in Meta's words."""

    async def answer(request: Request) -> Response:
        try:
            check_bearer(request, emulator.access_token)
            _check_validity(emulator)
            return await endpoint(request)
        except Refusal as refusal:
            return JSONResponse(refusal.body(), refusal.status)

    return answer


def _check_validity(emulator: Emulator) -> None:
    if emulator.faults.token_revoked:
        raise Refusal(190)
    if emulator.account.token_expired:
        raise Refusal(190, "Error validating access token: Session has expired.", subcode=463)


def check_bearer(request: Request, token: str) -> None:
    """Refuse whoever brings another token or none."""
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise Refusal(190)


def _answer(body: dict[str, Any], accepted: Accepted) -> dict[str, Any]:
    person = accepted.person
    contact = {"input": body.get("to") or body.get("recipient")}
    contact |= {"wa_id": person.wa_id} if person.wa_id else {}
    contact |= {"user_id": person.user_id} if person.user_id else {}
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": accepted.message.wamid}]}


async def _json_body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if len(raw) > MOST_BODY_BYTES:
        raise Refusal(100, "The request is too large.")
    try:
        body = json.loads(raw)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise Refusal(100, "The request body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise Refusal(100, "The request body must be a JSON object.")
    return body
