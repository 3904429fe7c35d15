"""Which hosts count: of results, those on the list; of sources, https ones and those an operator named."""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

HOST = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])")
SUSPECT = re.compile(r"[\s\\\x00-\x20\x7f-\x9f]")  # what browsers and parsers read differently
LONGEST = 500  # characters of an address that is shown


def site_of(url: str, domains: Iterable[str]) -> str:
    """The host of a page on an allowed domain or below it; "" for every other address.

    Only https on its own port, without a user, in plain letters: a host in other letters must be listed as `xn--…`.
    """
    if len(url) > LONGEST or SUSPECT.search(url) or not url.isascii():
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme != "https" or "@" in parts.netloc or port not in (None, 443) or not HOST.fullmatch(host):
        return ""
    return host if any(host == domain or host.endswith(f".{domain}") for domain in plain(domains)) else ""


def plain(domains: Iterable[str]) -> tuple[str, ...]:
    """Domains as they are compared: small letters, IDN as ASCII, without a star or dots at the ends; no address."""
    names = (name.strip().casefold().removeprefix("*").strip(".") for name in domains)
    return tuple(name for name in map(_ascii, names) if HOST.fullmatch(name))


def _ascii(name: str) -> str:
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return ""


def trouble_with(base_url: str, private_hosts: Iterable[str]) -> str:
    """Why a source's address is not one that may be asked; "" when it is."""
    try:
        parts = urlsplit(base_url)
        _ = parts.port
    except ValueError:
        return "cannot be read"
    host = (parts.hostname or "").casefold()
    if not host or SUSPECT.search(base_url) or "@" in parts.netloc or parts.query or parts.fragment:
        return "is not a plain address"
    if is_loopback(host) or host in {name.strip().casefold() for name in private_hosts}:
        return "" if parts.scheme in ("http", "https") else "must begin with http:// or https://"
    if parts.scheme != "https":
        return "must begin with https:// unless its host is in RECADO_EXTERNAL__PRIVATE_HOSTS"
    if _is_private(host):
        return "is in a private network: name its host in RECADO_EXTERNAL__PRIVATE_HOSTS"
    return ""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_private(host: str) -> bool:
    """An address that is not the internet's, or a name that no public one can have."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return "." not in host or not HOST.fullmatch(host) or host.endswith((".local", ".internal", ".localhost"))
