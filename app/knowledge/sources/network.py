"""Fetches pages of hosts on an allow-list and no others: what a page or a sitemap says never leads anywhere else."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import httpx

AGENT = "Recado-knowledge/1 (reads its company's own pages; respects ETag and Last-Modified)"
LARGEST = 20_000_000  # bytes of one page
PATIENCE = httpx.Timeout(20.0, connect=10.0)  # seconds between two signs of life
WHOLE = 60.0  # seconds for one page with all its redirects
MOST_REDIRECTS = 5
PIECE = 65_536  # bytes at a time


class NotFetchedError(Exception):
    """A page was not loaded; the message says why. `status` is the server's, 0 = it did not answer at all."""

    def __init__(self, reason: str, status: int = 0, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.refused = refused  # by us, before anybody was asked


@dataclass(frozen=True, slots=True)
class Page:
    """What a server answered; `content` is None when it has not changed since `stamp`."""

    content: bytes | None
    media_type: str = ""
    stamp: str = ""  # ETag or Last-Modified, for the next time


@dataclass(frozen=True, slots=True)
class AllowList:
    """Hosts that may be asked, and those of them that may have a private address."""

    hosts: frozenset[str]
    private: frozenset[str] = frozenset()

    def check(self, url: str) -> SplitResult:
        """Let an address pass by its own looks; raises NotFetchedError."""
        try:
            parts = urlsplit(url)
            port, host = parts.port, (parts.hostname or "").rstrip(".").lower()
        except ValueError:
            raise NotFetchedError("its address cannot be read", refused=True) from None
        if host not in self.hosts | self.private:
            raise NotFetchedError(f"the host {host or '(none)'} is not on the source's list", refused=True)
        if parts.username or parts.password:
            raise NotFetchedError("its address holds a user or password", refused=True)
        local = parts.scheme == "http" and host in self.private and _is_loopback(host)
        if not local and (parts.scheme != "https" or (port not in {None, 443} and host not in self.private)):
            raise NotFetchedError("its address is not https", refused=True)
        return parts

    async def resolve(self, parts: SplitResult) -> str:
        """The IP address to connect to, so that no second lookup can answer otherwise; raises NotFetchedError."""
        host, port = (parts.hostname or "").rstrip("."), parts.port or (443 if parts.scheme == "https" else 80)
        try:
            async with asyncio.timeout(PATIENCE.connect):
                found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):  # a TimeoutError is an OSError
            raise NotFetchedError(f"the host {host} cannot be found") from None
        addresses = [str(one[4][0]).partition("%")[0] for one in found]
        private = [one for one in addresses if not ipaddress.ip_address(one).is_global]
        if private and host.lower() not in self.private:
            raise NotFetchedError(f"the host {host} has a private address, and is not allowed to", refused=True)
        return addresses[0]


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Fetcher:
    """One page after another over one pool of connections. No cookies, no proxies, no credentials."""

    def __init__(self, http: httpx.AsyncClient, allowed: AllowList) -> None:
        self._http, self._allowed = http, allowed

    async def fetch(self, url: str, stamp: str = "", *, limit: int = LARGEST) -> Page:
        """Load a page, unless it is as it was at `stamp`; raises NotFetchedError."""
        try:
            async with asyncio.timeout(WHOLE):
                return await self._follow(url, stamp, limit)
        except TimeoutError:
            raise NotFetchedError(f"it did not arrive within {WHOLE:.0f} s") from None
        except httpx.HTTPError as error:
            raise NotFetchedError(f"no answer ({type(error).__name__})") from None
        except httpx.InvalidURL:
            raise NotFetchedError("its address cannot be read", refused=True) from None

    async def _follow(self, url: str, stamp: str, limit: int) -> Page:
        for _ in range(MOST_REDIRECTS + 1):
            async with self._asked(url, stamp) as response:
                if not response.has_redirect_location:
                    return await _page(response, limit)
                url = str(httpx.URL(url).join(response.headers["location"]))
        raise NotFetchedError(f"more than {MOST_REDIRECTS} redirects")

    @asynccontextmanager
    async def _asked(self, url: str, stamp: str) -> AsyncIterator[httpx.Response]:
        parts = self._allowed.check(url)
        address = await self._allowed.resolve(parts)
        asked = httpx.URL(url)
        # The name goes into Host and TLS, the connection to the address that was looked at.
        request = self._http.build_request(
            "GET",
            asked.copy_with(host=address, fragment=None),
            headers={"Host": asked.netloc.decode("ascii"), **_conditions(stamp)},
            extensions={"sni_hostname": asked.raw_host.decode("ascii")} if asked.scheme == "https" else {},
        )
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            yield response
        finally:
            await response.aclose()


@asynccontextmanager
async def open_fetcher(allowed: AllowList) -> AsyncIterator[Fetcher]:
    """A fetcher for these hosts."""
    # Compressed answers are not asked for: a small one could unpack to anything.
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity", "Accept": "text/html, text/*, application/*;q=0.8"}
    async with httpx.AsyncClient(headers=headers, timeout=PATIENCE, trust_env=False) as http:
        yield Fetcher(http, allowed)


def _conditions(stamp: str) -> dict[str, str]:
    name, _, value = stamp.partition(" ")
    match name:
        case "etag":
            return {"If-None-Match": value}
        case "modified":
            return {"If-Modified-Since": value}
    return {}


async def _page(response: httpx.Response, limit: int) -> Page:
    if response.status_code == 304:
        return Page(None)
    if response.status_code != 200:
        raise NotFetchedError(f"the server answered {response.status_code}", response.status_code)
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise NotFetchedError("it came packed, which was not asked for", 200)
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise NotFetchedError(f"it is larger than {limit:,} bytes", 200)
    content = bytearray()
    async for piece in response.aiter_raw(PIECE):
        content += piece
        if len(content) > limit:
            raise NotFetchedError(f"it is larger than {limit:,} bytes", 200)
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Page(bytes(content), media_type, _stamp(response.headers))


def _stamp(headers: httpx.Headers) -> str:
    if tag := headers.get("etag"):
        return f"etag {tag}"
    if moment := headers.get("last-modified"):
        return f"modified {moment}"
    return ""
