"""Links that lead out of the house, however they are written: what a phone would make a link of."""

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

ENDINGS = (
    "com|net|org|info|biz|io|app|dev|co|me|ai|cloud|online|site|shop|store|top|xyz|link|click|live|page|tech|gov|edu"
    "|br|pt|es|ar|mx|cl|uy|pe|us|uk|eu|ru|cn|tk|ly|gl|gg|to|cc|tv|ws|de|fr|it|in|jp|zip|mov|example|test|com\\.br"
)
"""The last labels by which phones know a bare host."""

ADDRESSES = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}:)?(?<![:\w])//[^\s<>\"')\]]+"  # any scheme, and none
    r"|[a-z][a-z0-9+.-]{1,20}://[^\s<>\"')\]]+"
    r"|\b(?:javascript|vbscript|whatsapp|intent|blob|tel|sms|mailto):[^\s<>\"')\]]+|\bdata:[a-z]+/[^\s]+"
    r"|\bwww\.[^\s<>\"')\]]+"
    r"|(?<![\w@./-])(?:[\w-]+\.)+[^\W\d_]{2,24}/[^\s<>)\]]*"  # a host and a path
    r"|(?<![\w@./-])(?:(?:[\w-]+\.)*xn--[\w-]+(?:\.[\w-]+)+|(?:[\w-]+\.)+xn--[\w-]+)"
    rf"|(?<![\w@./-])(?:[\w-]+\.)+(?:{ENDINGS})(?![\w@-]|\.\w)",
    re.IGNORECASE,
)
MARKDOWN = re.compile(
    r"!?\[[^\]\n]*\]\(\s*<?([^)\s>]*[.:/][^)\s>]*)|^ {0,3}\[[^\]\n]+\]: *<?([^\s>]*[.:/][^\s>]*)", re.MULTILINE
)
PICTURE = re.compile(r"!\[[^\]\n]*\]\s?[(\[]|<img\b", re.IGNORECASE)
NO_HOST = ["javascript", "vbscript", "whatsapp", "intent", "blob", "data", "file", "tel", "sms"]


def plain(text: str) -> str:
    """As a phone shows it: nothing invisible, and compatible characters made one."""
    seen = (c for c in text if unicodedata.category(c) != "Cf")
    return unicodedata.normalize("NFKC", "".join(seen))


def destinations(text: str) -> Iterator[str]:
    """Where the links of a text lead: hosts, or the scheme of what has none, as `javascript:`."""
    seen = plain(text)
    found = [match[0] for match in ADDRESSES.finditer(seen)]
    found += [match[1] or match[2] for match in MARKDOWN.finditer(seen)]
    yield from (host for address in found if (host := _host(address)))
    yield from ("a picture" for _ in PICTURE.finditer(seen))


def _host(address: str) -> str:
    scheme, colon, rest = address.partition(":")
    if colon and scheme.casefold() in NO_HOST:
        return f"{scheme.casefold()}:"
    if scheme.casefold() == "mailto":
        return rest.rpartition("@")[2].casefold()
    whole = address.replace("\\", "/")  # as browsers read it
    try:
        parts = urlsplit(whole if "//" in whole else f"//{whole}")
        return (parts.hostname or address).rstrip(".").casefold()
    except ValueError:
        return address.casefold()


def is_known(host: str, known: frozenset[str]) -> bool:
    """Whether a host is one of these or below one of them."""
    return any(host == each or host.endswith(f".{each}") for each in known if each)
