"""A web server on loopback for sources of pages, as good or bad as a test wants it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Site:
    """What it serves by path; `asked` holds every path it was asked for, with the headers of the last time."""

    address: str = ""
    pages: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    loaded: list[str] = field(default_factory=list)  # answered with a body

    def url(self, path: str) -> str:
        return f"{self.address}{path}"

    def sitemap(self, path: str, *paths: str, kind: str = "urlset") -> None:
        entry = "url" if kind == "urlset" else "sitemap"
        locations = "".join(f"<{entry}><loc>{self.url(one)}</loc></{entry}>" for one in paths)
        space = "http://www.sitemaps.org/schemas/sitemap/0.9"
        self.pages[path] = f'<?xml version="1.0"?><{kind} xmlns="{space}">{locations}</{kind}>'.encode()
        self.types[path] = "application/xml"


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self):
        site, path = self.site, self.path
        site.asked.append(path)
        site.told = dict(self.headers)
        if path in site.redirects:
            self.answer(302, {"Location": site.redirects[path]})
        elif path in site.pages:
            self.page(path)
        else:
            self.answer(site.statuses.get(path, 404), {})

    def page(self, path: str):
        content = self.site.pages[path]
        tag = f'"{sha256(content).hexdigest()[:12]}"'
        extra = self.site.headers.get(path, {"ETag": tag})
        if "ETag" in extra and self.headers["If-None-Match"] == extra["ETag"]:
            self.answer(304, extra)
            return
        self.site.loaded.append(path)
        self.answer(200, {"Content-Type": self.site.types.get(path, "text/html"), **extra}, content)

    def answer(self, status: int, headers: dict[str, str], content: bytes = b""):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            if value:  # without a length it ends when the connection does
                self.send_header(name, value)
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has seen enough
            self.wfile.write(content)

    def log_message(self, *_):
        """Tests are quiet."""


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()
    handler = type("Handler", (Handler,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        site.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
