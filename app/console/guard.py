"""The one way into every page: who comes, may they, is it their own form; then the page's handler."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.audit.chain import note
from app.console.cookies import (
    LANGUAGE,
    NEWS,
    SESSION,
    VISIT,
    drop_cookie,
    new_visit,
    read_cookie,
    set_cookie,
    unpacked,
)
from app.console.form import read_form
from app.console.policy import Rule
from app.console.route import Handler
from app.console.shared import Shared
from app.console.shield import Origin, origin_of
from app.console.visit import Visit, with_query
from app.console.wording import choose_language
from app.staff.browsers import browser_name
from app.staff.sessions import Browser, Viewer, end, move, touch, viewer_of

PENDING = {"password": "/account/password", "second_step": "/account/second-step"}


@dataclass(frozen=True, slots=True)
class Guard:
    """Stands before one route."""

    shared: Shared
    rule: Rule
    handler: Handler
    route: str  # its line in the policy

    async def __call__(self, request: Request) -> Response:
        """Answer one request; raises HTTPException for what the fixed pages of `app.console.desk` answer."""
        visit = replace(await open_visit(self.shared, request), route=self.route)
        response = await self._sent_elsewhere(visit) or await self._handled(visit)
        _mind_cookies(visit, response)
        return response

    async def _sent_elsewhere(self, visit: Visit) -> Response | None:
        if self.rule.roles is None:
            return None
        if visit.viewer is None:
            return _to_sign_in(visit)
        if not self.rule.admits(visit.viewer):
            await visit.remember("access.denied", visit.path, route=self.route)
            raise HTTPException(403)
        if visit.viewer.pending and not self.rule.while_pending:
            return visit.go(PENDING[visit.viewer.pending])
        return None

    async def _handled(self, visit: Visit) -> Response:
        if visit.request.method in {"GET", "HEAD"}:
            return await self.handler(visit)
        require_same_origin(visit.request, origin_of(visit.request.scope, _url(self.shared)))
        form = await read_form(visit.request, self.rule)
        if not visit.brings_token(form):
            raise HTTPException(403)
        return await self._carried_out(replace(visit, form=form))

    async def _carried_out(self, visit: Visit) -> Response:
        """Handle a form; the audit trail has what became of it even when its handler wrote nothing."""
        try:
            response = await self.handler(visit)
        except HTTPException as error:
            await self._remember(visit, error.status_code)
            raise
        await self._remember(visit, response.status_code)
        return response

    async def _remember(self, visit: Visit, status: int) -> None:
        refused = visit.trace.refused or status >= 400
        if visit.viewer is None or (visit.trace.noted and not refused):
            return
        outcome = {"outcome": "refused", "status": status} if refused else {}
        await visit.remember(self.route, visit.path, **outcome)


def require_same_origin(request: Request, ours: Origin) -> None:
    """Refuse a form another site sent. Every browser of today tells at least one of the two."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if (site is None and origin is None) or site not in {None, "same-origin"} or origin not in {None, str(ours)}:
        raise HTTPException(403)


async def open_visit(shared: Shared, request: Request) -> Visit:
    """Find out who comes and how to speak to them."""
    secure = origin_of(request.scope, _url(shared)).is_secure
    token, now = read_cookie(request, SESSION, secure=secure), shared.house.clock()
    browser = Browser(request.client.host if request.client else "", request.headers.get("user-agent", ""))
    someone = await _recognise(shared, token, browser) if token else None
    spoken = (someone.language,) if someone else (read_cookie(request, LANGUAGE, secure=secure),)
    language = choose_language(*spoken, request.headers.get("accept-language", ""))
    visit = Visit(
        shared=shared,
        request=request,
        words=shared.wording[language],
        now=now,
        seed=token if someone else read_cookie(request, VISIT, secure=secure) or new_visit(),
        secure=secure,
        news=unpacked(read_cookie(request, NEWS, secure=secure)),
    )
    if someone is None:
        return visit
    return replace(visit, viewer=someone) if someone.stage == "full" else replace(visit, half=someone)


async def _recognise(shared: Shared, token: str, browser: Browser) -> Viewer | None:
    """Who holds the token; nobody when another browser came with it than the one it was given to."""
    database, now, rules = shared.house.database, shared.house.clock(), shared.house.settings.console

    def look(session: Session) -> tuple[Viewer, bool] | None:
        return viewer_of(session, token, now, rules)

    found = await database.read(look)
    if found is None:
        return None
    viewer, is_due = found
    if browser_name(viewer.browser) != browser_name(browser.agent):
        await database.write(lambda session: _end_stolen(session, viewer, browser, now))
        return None
    if is_due:
        await database.write(lambda session: _seen(session, viewer, browser.address, now))
    return viewer


def _end_stolen(session: Session, viewer: Viewer, browser: Browser, now: datetime) -> None:
    end(session, viewer.session_id, "another browser", now)
    told = {"address": browser.address, "browser": browser_name(browser.agent)}
    note(session, "staff.session_stolen", f"staff {viewer.id}", now, by="visitor", ended=viewer.session_id, **told)


def _seen(session: Session, viewer: Viewer, address: str, now: datetime) -> None:
    touch(session, viewer.session_id, now)
    if viewer.address != address:  # telephones wander; whoever looks into a theft sees where to
        move(session, viewer.session_id, address)
        before = {"address": address, "address_before": viewer.address}
        note(session, "staff.session_moved", f"staff {viewer.id}", now, by=f"staff {viewer.id}", **before)


def _to_sign_in(visit: Visit) -> Response:
    if "text/event-stream" in visit.request.headers.get("accept", ""):
        raise HTTPException(401)
    is_page = visit.request.method == "GET" and visit.path != "/"
    query = f"?{visit.request.url.query}" if visit.request.url.query else ""
    return visit.go(with_query("/sign-in", next=visit.path + query if is_page else ""))


def _mind_cookies(visit: Visit, response: Response) -> None:
    """News are said once; a browser that is not signed in gets something its forms can be bound to."""
    if visit.news and response.media_type == "text/html":
        drop_cookie(response, NEWS, secure=visit.secure)
    if (
        visit.viewer is None
        and visit.half is None
        and read_cookie(visit.request, VISIT, secure=visit.secure) != visit.seed
    ):
        set_cookie(response, VISIT, visit.seed, secure=visit.secure)


def _url(shared: Shared) -> str:
    return shared.house.settings.console.url
