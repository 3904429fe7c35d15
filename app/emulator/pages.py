"""The phone page and the mailbox page: HTML, their files, their live events."""

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.emulator.feed import Event
from app.emulator.mailbox import Mailbox
from app.emulator.switchboard import Emulator
from app.emulator.wording import LANGUAGES, choose_language, wording

_HERE = Path(__file__).parent
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Pages:
    """Serves /phone and /mailbox."""

    def __init__(self, emulator: Emulator, mailbox: Mailbox | None) -> None:
        self._emulator = emulator
        self._mailbox = mailbox
        self._jinja = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape(default=True)
        )

    def routes(self) -> list[BaseRoute]:
        """Return the pages' routes; the mailbox's only when there is one."""
        phone: list[BaseRoute] = [
            Route("/phone", self._phone),
            Route("/phone/events", self._phone_events),
            Mount("/phone/static", StaticFiles(directory=_HERE / "static")),
        ]
        if self._mailbox is None:
            return phone
        return [
            *phone,
            Route("/mailbox", self._mailbox_page),
            Route("/mailbox/events", self._mail_events),
            Route("/mailbox/mails", self._mails),
            Route("/mailbox/mails/{mail_id:int}/html", self._mail_html),
        ]

    async def _phone(self, request: Request) -> Response:
        return self._page(request, "phone.html", {"mailbox": self._mailbox is not None})

    async def _mailbox_page(self, request: Request) -> Response:
        return self._page(request, "mailbox.html", {})

    def _page(self, request: Request, name: str, more: dict[str, Any]) -> Response:
        asked, accepted = request.query_params.get("lang", ""), request.headers.get("accept-language", "")
        language = choose_language(asked, accepted)
        words = wording(language)
        data = json.dumps({"language": language, "words": words})
        known = {"business": self._emulator.business_name, "language": language, "languages": LANGUAGES}
        html = self._jinja.get_template(name).render(w=words, data=data, **known, **more)
        return HTMLResponse(html, headers=_SAFE | {"Content-Security-Policy": _PAGE_POLICY})

    async def _phone_events(self, _request: Request) -> Response:
        opening = Event("people", self._emulator.roster())
        return _stream(self._emulator.feed.stream("message", "people", "typing", opening=opening))

    async def _mail_events(self, _request: Request) -> Response:
        return _stream(self._box.feed.stream("mail", opening=Event("ready", {})))

    async def _mails(self, request: Request) -> Response:
        mails = self._box.messages(request.query_params.get("to") or None)
        return JSONResponse({"mails": [mail.as_json() for mail in mails]}, headers=_SAFE)

    async def _mail_html(self, request: Request) -> Response:
        mail = self._box.get(request.path_params["mail_id"])
        if mail is None or not mail.html:
            raise HTTPException(404, "no such mail")
        return HTMLResponse(mail.html, headers=_SAFE | {"Content-Security-Policy": _MAIL_POLICY})

    @property
    def _box(self) -> Mailbox:
        if self._mailbox is None:
            raise HTTPException(404, "there is no mailbox")
        return self._mailbox


def _stream(events: Any) -> StreamingResponse:
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
