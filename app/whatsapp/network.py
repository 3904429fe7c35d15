"""Which machines may be asked for a file, so that an address in somebody's JSON cannot send our token elsewhere."""

import asyncio
import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from app.whatsapp.errors import RefusedError, UnavailableError

LONGEST_LOOKUP = 10.0  # seconds


def is_loopback(host: str) -> bool:
    """Whether a host name is this very machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def check_media_url(url: str, *, base_url: str, hosts: tuple[str, ...]) -> None:
    """Let pass only https to an allowed host with a public address, or the base URL's own machine and port.

    `hosts` are names, or "*.example.com" for everything below one. Raises `RefusedError`; `UnavailableError` when the
    name cannot be resolved now.
    """
    asked, base = _taken_apart(url), _taken_apart(base_url)
    host = (asked.hostname or "").rstrip(".").lower()
    if (asked.scheme, host, asked.port) == (base.scheme, base.hostname, base.port):
        if not is_loopback(host):
            await _check_public(host)
        return
    if asked.scheme != "https" or asked.port not in {None, 443}:
        raise RefusedError("the file's address is not https")
    if not any(_is_below(host, name.lower()) for name in (*hosts, base.hostname or "")):
        raise RefusedError("the file's host is not one that may see the token")
    await _check_public(host)


def _taken_apart(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # a bad port is only noticed when asked for
    except ValueError:
        raise RefusedError("the file's address cannot be read") from None
    return parts


def _is_below(host: str, name: str) -> bool:
    return host.endswith(name[1:]) if name.startswith("*.") else bool(host) and host == name


async def _check_public(host: str) -> None:
    try:
        async with asyncio.timeout(LONGEST_LOOKUP):
            found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a TimeoutError is an OSError
        raise UnavailableError("the file's host cannot be resolved") from None
    if not all(ipaddress.ip_address(address[4][0]).is_global for address in found):
        raise RefusedError("the file's host has a private address")
