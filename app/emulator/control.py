"""The HTTP side of the phones: what the phone page (or a script) does as a person, and the faults."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.emulator import gestures
from app.emulator.gestures import Gesture, UnknownGestureError
from app.emulator.people import Person, digits
from app.emulator.switchboard import Emulator

Endpoint = Callable[[Request], Awaitable[Response]]

MOST_FILE_BYTES = 25 * 1024 * 1024
SHOWN_INLINE = ("image/png", "image/jpeg", "image/webp", "image/gif", "audio/ogg", "audio/mpeg", "audio/webm")


class Control:
    """Endpoints under /emulator: people, what they send, faults, the account. Same-origin pages or tools only."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def routes(self) -> list[BaseRoute]:
        """Return the routes; mistakes are answered as {"error": sentence}."""
        person = "/emulator/people/{person}"
        table: list[tuple[str, str, Endpoint]] = [
            ("/emulator/people", "GET", self._people),
            (f"{person}/messages", "GET", self._messages),
            (f"{person}/messages", "POST", self._send),
            (f"{person}/read", "POST", self._read),
            (f"{person}/media/{{media_id}}", "GET", self._media),
            ("/emulator/faults", "GET", self._faults),
            ("/emulator/faults", "POST", self._change_faults),
            ("/emulator/faults", "DELETE", self._reset_faults),
            ("/emulator/account", "GET", self._account),
            ("/emulator/account", "POST", self._change_account),
            ("/emulator/account", "DELETE", self._reset_account),
        ]
        return [Route(path, _guarded(endpoint), methods=[method]) for path, method, endpoint in table]

    def _person(self, request: Request) -> Person:
        try:
            return self._emulator.people.get(request.path_params["person"])
        except KeyError:
            raise HTTPException(404, "nobody has that id") from None

    async def _people(self, _request: Request) -> Response:
        return JSONResponse(self._emulator.roster())

    async def _messages(self, request: Request) -> Response:
        chat = self._emulator.chat(self._person(request))
        after = request.query_params.get("after")
        start = next((i + 1 for i, m in enumerate(chat.messages) if m.wamid == after), 0)
        shown = [message.as_json() for message in chat.messages[start:]]
        return JSONResponse({"messages": shown, "typing": chat.is_typing(self._emulator.now())})

    async def _send(self, request: Request) -> Response:
        person = self._person(request)
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            async with request.form(max_files=1, max_part_size=MOST_FILE_BYTES) as form:
                wamid = await self._send_file(person, form)
        else:
            asked = await _object(request)
            if asked.get("type") == "change_number":
                wamid = await self._emulator.change_number(person, _number(asked))
            else:
                wamid = await self._emulator.send(person, self._gesture(person, asked))
        return JSONResponse({"wamid": wamid}, 201)

    async def _send_file(self, person: Person, form: FormData) -> str:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise UnknownGestureError("a file is needed")
        content = await file.read(MOST_FILE_BYTES + 1)
        if not 0 < len(content) <= MOST_FILE_BYTES:
            raise UnknownGestureError("the file must have between 1 byte and 25 MB")
        mime_type = file.content_type or "application/octet-stream"
        words = {name: str(form.get(name) or "") for name in ("kind", "caption")}
        stored_as = {"caption": words["caption"], "filename": file.filename or "file"}
        return await self._emulator.send_file(person, words["kind"], content, mime_type, **stored_as)

    def _gesture(self, person: Person, asked: dict[str, Any]) -> Gesture:
        makers: dict[str, Callable[[], Gesture]] = {
            "text": lambda: gestures.text(_words(asked, "text"), asked.get("quote")),
            "tap": lambda: gestures.tap(self._emulator.chat(person), _words(asked, "id"), asked.get("on")),
            "reaction": lambda: gestures.react(str(asked.get("emoji", "")), _words(asked, "on")),
            "location": lambda: gestures.location(*_place(asked)),
            "contacts": lambda: gestures.contact_card(_words(asked, "name"), _words(asked, "phone")),
            "unsupported": lambda: gestures.unsupported(str(asked.get("kind", "poll"))),
            "edit": lambda: gestures.edit(_words(asked, "on"), _words(asked, "text"), coexistence=True),
            "revoke": lambda: gestures.revoke(_words(asked, "on")),
        }
        maker = makers.get(str(asked.get("type", "text")))
        if maker is None:
            raise UnknownGestureError(f"type must be one of {', '.join(makers)}, change_number")
        return maker()

    async def _read(self, request: Request) -> Response:
        self._emulator.read(self._person(request))
        return JSONResponse({"read": True})

    async def _media(self, request: Request) -> Response:
        self._person(request)
        stored = self._emulator.media.get(request.path_params["media_id"], self._emulator.now())
        if stored is None:
            raise HTTPException(404, "no such file")
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
        kind = stored.mime_type.split(";")[0]
        if kind not in SHOWN_INLINE:
            headers["Content-Disposition"] = "attachment"
        return Response(stored.content, media_type=kind, headers=headers)

    async def _faults(self, _request: Request) -> Response:
        return JSONResponse(self._emulator.faults.as_json())

    async def _change_faults(self, request: Request) -> Response:
        self._emulator.faults.change(await _object(request))
        return JSONResponse(self._emulator.faults.as_json())

    async def _reset_faults(self, _request: Request) -> Response:
        self._emulator.faults.reset()
        return JSONResponse(self._emulator.faults.as_json())

    async def _account(self, _request: Request) -> Response:
        return JSONResponse(self._emulator.account.as_json())

    async def _change_account(self, request: Request) -> Response:
        self._emulator.account.change(await _object(request))
        return JSONResponse(self._emulator.account.as_json())

    async def _reset_account(self, _request: Request) -> Response:
        self._emulator.account.reset()
        return JSONResponse(self._emulator.account.as_json())


def _guarded(endpoint: Endpoint) -> Endpoint:
    async def answer(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return JSONResponse({"error": "only this server's own pages may do that"}, 403)
        try:
            return await endpoint(request)
        except HTTPException as error:
            return JSONResponse({"error": error.detail}, error.status_code)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)

    return answer


async def _object(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise UnknownGestureError("the body is not valid JSON") from None
    if not isinstance(found, dict):
        raise UnknownGestureError("the body must be a JSON object")
    return found


def _words(asked: dict[str, Any], name: str) -> str:
    found = asked.get(name)
    if not isinstance(found, str) or not found:
        raise UnknownGestureError(f"{name} is needed")
    return found


def _number(asked: dict[str, Any]) -> str:
    number = digits(_words(asked, "wa_id"))
    if not 8 <= len(number) <= 15:
        raise UnknownGestureError("wa_id must have 8 to 15 digits")
    return number


def _place(asked: dict[str, Any]) -> tuple[float, float, str, str]:
    try:
        latitude, longitude = float(asked["latitude"]), float(asked["longitude"])
    except (KeyError, TypeError, ValueError):
        raise UnknownGestureError("latitude and longitude are needed") from None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise UnknownGestureError("latitude goes from -90 to 90, longitude from -180 to 180")
    return latitude, longitude, str(asked.get("name", "")), str(asked.get("address", ""))
