"""The pages' cookies: over HTTPS bound to this very host (`__Host-`), over plain loopback HTTP by a plain name."""

import base64
import binascii
import json
import secrets
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

SESSION, VISIT, NEWS, LANGUAGE = "recado", "recado-visit", "recado-news", "recado-language"
COMPANY = "recado-company"  # a sign-in that is on its way through the company's provider
NEWS_SECONDS = 60
LANGUAGE_SECONDS = 365 * 24 * 3600
LONGEST_NEWS = 1500  # characters of a cookie


class News(NamedTuple):
    """What a page that follows a form says once: a phrase of the wording with its values."""

    phrase: str
    values: dict[str, Any]
    kind: str  # done, trouble


def read_cookie(request: Request, name: str, *, secure: bool) -> str:
    """A cookie's value; "" when there is none."""
    return request.cookies.get(_name(name, secure=secure), "")


def set_cookie(response: Response, name: str, value: str, *, secure: bool, seconds: int | None = None) -> None:
    """Give the browser a cookie that no script reads and no other site's form brings along."""
    response.set_cookie(
        _name(name, secure=secure), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="lax"
    )


def drop_cookie(response: Response, name: str, *, secure: bool) -> None:
    """Take it back."""
    response.delete_cookie(_name(name, secure=secure), path="/", secure=secure, httponly=True, samesite="lax")


def new_visit() -> str:
    """What a form is bound to before anybody signed in."""
    return secrets.token_urlsafe(32)


def packed(news: News) -> str:
    """News as a cookie's value."""
    return base64.urlsafe_b64encode(json.dumps(news).encode()).decode()


def unpacked(value: str) -> News | None:
    """News from a cookie; None for what we did not write."""
    if not value or len(value) > LONGEST_NEWS:
        return None
    try:
        phrase, values, kind = json.loads(base64.urlsafe_b64decode(value))
    except (binascii.Error, ValueError, TypeError, RecursionError):
        return None
    is_ours = isinstance(phrase, str) and isinstance(values, dict) and kind in {"done", "trouble"}
    return News(phrase, values, kind) if is_ours else None


def _name(name: str, *, secure: bool) -> str:
    return f"__Host-{name}" if secure else name
