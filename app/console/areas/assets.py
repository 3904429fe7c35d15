"""Styles, scripts and pictures of the pages, and the switch of their language."""

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from app.console.cookies import LANGUAGE, LANGUAGE_SECONDS, set_cookie
from app.console.route import get, post
from app.console.shared import STATIC
from app.console.visit import Visit
from app.console.wording import choose_language
from app.staff.accounts import staff_of

_FILES = StaticFiles(directory=STATIC)


async def static(visit: Visit) -> Response:
    """A file; browsers keep it where its address changes with its content, and ask again for what scripts import."""
    response = await _FILES.get_response(visit.request.path_params["path"], visit.request.scope)
    is_named = "v" in visit.request.query_params
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_named else "no-cache"
    return response


async def switch_language(visit: Visit) -> Response:
    """Speak another language: to this browser, and to the account when there is one."""
    language, back = choose_language(visit.form.text("language")), visit.form.text("back") or "/"
    if visit.viewer is not None:
        staff_id = visit.viewer.id
        await visit.write(lambda session: setattr(staff_of(session, staff_id), "language", language), noted=False)
    if not is_own_path(back):
        raise HTTPException(400)
    response = visit.go(back)
    set_cookie(response, LANGUAGE, language, secure=visit.secure, seconds=LANGUAGE_SECONDS)
    return response


def is_own_path(path: str) -> bool:
    """Whether a path to go back to is one of ours, whatever a browser makes of slashes, signs and line ends."""
    return path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()


ROUTES = (get("/static/{path:path}", static), post("/language", switch_language))
