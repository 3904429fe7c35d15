"""What stands around every answer below /desk: known hosts only, and headers that leave a browser no freedom."""

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer a form's Origin is null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"  # a year
LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}
NOT_HERE = "This address is not set up for the staff pages. Set RECADO_CONSOLE__URL to the address people use."
NEEDS_HTTPS = "The staff pages need HTTPS here. Put Recado behind HTTPS and set RECADO_CONSOLE__URL to https://…"


@dataclass(frozen=True, slots=True)
class Origin:
    """How the browser reached us."""

    scheme: str
    host: str

    @property
    def is_secure(self) -> bool:
        """Over HTTPS, if only as far as the proxy."""
        return self.scheme == "https"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}"


def origin_of(scope: Scope, url: str) -> Origin:
    """The origin of a request: the configured one where its host is, else what the connection says."""
    host = Headers(scope=scope).get("host", "")
    configured = urlsplit(url)
    scheme = configured.scheme if host == configured.netloc else scope.get("scheme", "http")
    return Origin(scheme, host)


class Shield:
    """Wraps the pages. `open_http`: plain HTTP from other machines too, as in the demo."""

    def __init__(self, app: ASGIApp, url: str, *, open_http: bool = False) -> None:
        self._app, self._url, self._open_http = app, url, open_http

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        origin = origin_of(scope, self._url)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _seal(MutableHeaders(scope=message), secure=origin.is_secure)
            await send(message)

        refusal = self._refusal(origin)
        app = PlainTextResponse(refusal, 421) if refusal else self._app
        await app(scope, receive, sealed)

    def _refusal(self, origin: Origin) -> str:
        """Why not to answer. A name nobody configured may be anybody's (DNS rebinding); an address is nobody's."""
        name = _name(origin.host)
        configured = origin.host == urlsplit(self._url).netloc
        if not configured and name not in LOOPBACK and not _is_address(name):
            return NOT_HERE
        needs_https = not (configured or name in LOOPBACK or self._open_http)
        return NEEDS_HTTPS if needs_https and not origin.is_secure else ""


def _seal(headers: MutableHeaders, *, secure: bool) -> None:
    for name, value in HEADERS.items():
        headers[name] = value
    headers.setdefault("Content-Security-Policy", POLICY)
    headers.setdefault("Cache-Control", "no-store")
    if secure:
        headers["Strict-Transport-Security"] = HSTS


def _name(host: str) -> str:
    """A Host header without its port."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0].lower()


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
