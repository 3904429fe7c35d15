"""The staff pages put together: every area's routes behind the guard the policy asks for, errors as fixed pages."""

import logging
from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from app.console.areas import (
    account,
    article_use,
    articles,
    assets,
    audit,
    catalogue,
    catalogue_fields,
    catalogue_files,
    conversation_request,
    conversations,
    employees,
    gap_drafts,
    gaps,
    home,
    hours,
    index,
    macros,
    operations,
    outages,
    priority,
    privacy,
    quality,
    queue,
    queues,
    reports,
    request,
    routing,
    sign_in,
    sign_in_company,
    sources,
    staff,
    try_it,
)
from app.console.entry import DemoAccount
from app.console.guard import Guard, open_visit
from app.console.policy import POLICY
from app.console.route import Served
from app.console.shared import Shared, open_templates
from app.console.shield import Shield
from app.console.wording import choose_language, read_wording
from app.container import House
from app.errors import StoreUnavailableError
from app.identity.keys import open_keys
from app.staff.oidc import Provider
from app.study import Study

log = logging.getLogger(__name__)

DOOR = (assets, sign_in, sign_in_company, account, home)
DESK = (queue, request, conversations, conversation_request)
KNOWLEDGE = (articles, gaps, gap_drafts, article_use, sources, index, try_it)
INSIGHT = (reports, quality, operations)
SETTINGS = (queues, routing, priority, hours, macros, outages, catalogue_files, catalogue, catalogue_fields, employees)
ADMINISTRATION = (staff, audit, privacy)
AREAS = (*DOOR, *DESK, *KNOWLEDGE, *INSIGHT, *SETTINGS, *ADMINISTRATION)
TOLD = {400, 401, 403, 404, 405, 413, 415, 429, 503}  # these have words of their own; others are a 500


class UnguardedRouteError(Exception):
    """A route has no line in `app.console.policy`."""


def open_desk(house: House, demo: tuple[DemoAccount, ...] = ()) -> ASGIApp:
    """Put the pages together; takes half a second, in a thread."""
    settings = house.settings
    shared = Shared(
        house=house,
        keys=open_keys(settings.data_dir, settings.identity.pepper),
        wording=read_wording(),
        templates=open_templates(),
        study=Study(house),
        demo=demo,
        provider=Provider(settings.oidc) if settings.oidc.issuer else None,
    )
    house.presence.when_ending(shared.pulse.beat)
    house.presence.when_ending(shared.errands.drop)
    house.presence.when_ending(shared.bench.drop)
    pages = Starlette(
        routes=guarded(shared, (served for area in AREAS for served in area.ROUTES)),
        exception_handlers={HTTPException: _told, StoreUnavailableError: _told, Exception: _told},
    )
    pages.state.shared = shared
    pages.router.redirect_slashes = False  # it would repeat whatever host was asked for
    return Shield(pages, settings.console.url, open_http=bool(demo))


def guarded(shared: Shared, served: Iterable[Served]) -> list[Route]:
    """Each route behind its guard; raises `UnguardedRouteError` for one the policy does not know."""
    routes = []
    for one in served:
        rule = POLICY.get(one.key)
        if rule is None:
            raise UnguardedRouteError(f"{one.key} is not in app.console.policy.POLICY")
        routes.append(Route(one.path, Guard(shared, rule, one.handler, one.key).__call__, methods=[one.method]))
    return routes


async def _told(request: Request, error: Exception) -> Response:
    """A fixed page: nothing of the request, the error or the house is in it."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    status = 503 if isinstance(error, StoreUnavailableError) else status
    shared: Shared = request.app.state.shared
    known = str(status) if status in TOLD else "500"
    if status in {403, 404}:  # somebody at work: their language, and the way back
        visit = await open_visit(shared, request)
        return visit.page("error.html", status, code=known, is_known=visit.viewer is not None)
    words = shared.wording[choose_language(request.headers.get("accept-language", ""))]
    template = shared.templates.get_template("plain_error.html")
    return Response(template.render(w=words, code=known), status_code=status, media_type="text/html")
