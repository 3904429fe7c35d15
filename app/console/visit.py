"""One request of a browser to the staff pages: who, in which language, what they sent; and the ways to answer it."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.audit.chain import acting, count_notes, note
from app.console.cookies import NEWS, NEWS_SECONDS, News, packed, set_cookie
from app.console.entry import ROOT
from app.console.form import TOKEN, Form
from app.console.moments import Moments
from app.console.navigation import navigation_for
from app.console.policy import may
from app.console.shared import Shared
from app.console.wording import LANGUAGES, Words
from app.staff.sessions import Viewer

T = TypeVar("T")


@dataclass(slots=True)
class Trace:
    """What the audit trail has of one request: whether it holds it already, and whether a page said no."""

    noted: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Visit:
    """What a handler gets. `viewer` is whoever is signed in; `half` lacks the second step."""

    shared: Shared
    request: Request
    words: Words
    now: datetime
    seed: str  # the cookie that forms are bound to
    secure: bool  # over HTTPS
    viewer: Viewer | None = None
    half: Viewer | None = None
    news: News | None = None
    form: Form = field(default_factory=Form)
    route: str = ""  # its line in the policy
    trace: Trace = field(default_factory=Trace)

    @property
    def me(self) -> Viewer:
        """Whoever is signed in; the policy lets nobody else get here."""
        if self.viewer is None:
            raise HTTPException(401)
        return self.viewer

    @property
    def path(self) -> str:
        """The path below /desk."""
        return self.request.url.path.removeprefix(ROOT) or "/"

    @property
    def address(self) -> str:
        """Where the browser is."""
        return self.request.client.host if self.request.client else ""

    @property
    def form_token(self) -> str:
        """What a form of this browser must bring along."""
        return hashlib.sha256(f"form {self.seed}".encode("utf-8", "surrogatepass")).hexdigest()

    def brings_token(self, form: Form) -> bool:
        """Whether it did, in the form or, from a script, in a header."""
        told = form.raw(TOKEN) or self.request.headers.get("x-form-token", "")
        return secrets.compare_digest(told.encode("utf-8", "surrogatepass"), self.form_token.encode())

    @property
    def moments(self) -> Moments:
        """Times and numbers as the viewer writes them."""
        zone = self.viewer.timezone if self.viewer else "America/Sao_Paulo"
        return Moments(self.words.language, zone, self.now)

    async def read(self, work: Callable[[Session], T]) -> T:
        """Run a reading transaction."""
        return await self.shared.house.database.read(work)

    async def write(self, work: Callable[[Session], T], *, noted: bool = True) -> T:
        """Run a transaction and let open pages look again.

        A form's transaction is in the audit trail: by what `work` notes of itself, else by the form's route. `noted`
        is False for what is no act of theirs, such as counting a try.
        """
        done = await self.shared.house.database.write(lambda session: self._acted(session, work, noted=noted))
        self.trace.noted |= noted
        self.shared.pulse.beat()
        return done

    def _acted(self, session: Session, work: Callable[[Session], T], *, noted: bool) -> T:
        if self.viewer is None:
            return work(session)
        with acting(session, f"staff {self.viewer.id}"):
            before = count_notes(session)
            done = work(session)
            is_form = noted and self.request.method == "POST" and not self.trace.noted
            if is_form and count_notes(session) == before:
                note(session, self.route, self.path, self.now, address=self.address)
        return done

    async def remember(self, action: str, subject: str, **details: Any) -> None:
        """Put into the audit trail that they did something that changes nothing: read, exported, were refused."""
        work: Callable[[Session], None] = lambda session: note(  # noqa: E731 -- one line that `write` runs
            session, action, subject, self.now, address=self.address, **details
        )
        await self.write(work, noted=False)

    def page(self, template: str, status: int = 200, **data: Any) -> Response:
        """Answer with a template of the viewer's language; `data` are its own values."""
        known = {
            "w": self.words,
            "language": self.words.language,
            "languages": LANGUAGES,
            "me": self.viewer,
            "m": self.moments,
            "here": self.path,
            "is_page": self.request.method == "GET",
            "root": ROOT,
            "token": self.form_token,
            "news": self._told(),
            "navigation": navigation_for(self.viewer) if self.viewer and not self.viewer.pending else [],
            "may": lambda route: may(self.viewer, route),
            "company": self.shared.house.settings.company.name,
        }
        html = self.shared.templates.get_template(template).render(**known, **data)
        return HTMLResponse(html, status_code=status)

    def _told(self) -> tuple[str, str] | None:
        """The news' kind and words; a cookie somebody made up says nothing."""
        if self.news is None:
            return None
        try:
            return self.news.kind, self.words(self.news.phrase, **self.news.values)
        except (LookupError, TypeError, ValueError):
            return None

    def go(self, path: str, told: str = "", *, trouble: bool = False, **values: str | int) -> Response:
        """Send the browser to a page below /desk, which says `told` (a key of the wording) once."""
        response = RedirectResponse(ROOT + path, 303)
        self.trace.refused |= trouble
        if told:
            news = News(told, values, "trouble" if trouble else "done")
            set_cookie(response, NEWS, packed(news), secure=self.secure, seconds=NEWS_SECONDS)
        return response


def with_query(path: str, **query: str) -> str:
    """A path with what is not empty as its query."""
    told = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(told)}" if told else path
