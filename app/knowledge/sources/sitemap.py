"""Sitemaps by the protocol of sitemaps.org: the pages one names, through index files and gzip, and no bombs."""

import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from tools.knowledge_source import SourceUnavailableError

LARGEST = 50_000_000  # bytes of one sitemap, unpacked: the protocol's own limit
MOST_MAPS = 100  # an index may name
MOST_PAGES = 5_000
GZIP = b"\x1f\x8b"

Load = Callable[[str], Awaitable[bytes]]  # raises SourceUnavailableError


@dataclass(slots=True)
class _Walk:
    load: Load
    seen: set[str] = field(default_factory=set)
    pages: dict[str, None] = field(default_factory=dict)  # in order, each once


async def pages_of(url: str, load: Load) -> list[str]:
    """Addresses of all pages that a sitemap names; raises SourceUnavailableError when they cannot all be known."""
    walk = _Walk(load)
    await _enter(walk, url, depth=0)
    return list(walk.pages)


async def _enter(walk: _Walk, url: str, depth: int) -> None:
    if url in walk.seen:
        return
    walk.seen.add(url)
    if len(walk.seen) > MOST_MAPS:
        raise SourceUnavailableError(f"The sitemap names more than {MOST_MAPS} others.")
    root = parsed(url, unpacked(url, await walk.load(url)))
    addresses = [text for entry in root for child in entry if _name(child) == "loc" and (text := _text(child))]
    match _name(root):
        case "urlset":
            walk.pages.update(dict.fromkeys(addresses))
        case "sitemapindex" if depth == 0:
            for address in addresses:
                await _enter(walk, address, depth + 1)
        case _:
            raise SourceUnavailableError(f"{url} is no sitemap.")
    if len(walk.pages) > MOST_PAGES:
        raise SourceUnavailableError(f"The sitemap names more than {MOST_PAGES:,} pages.")


def unpacked(url: str, content: bytes) -> bytes:
    """The XML, also of a gzip file; raises SourceUnavailableError."""
    if not content.startswith(GZIP):
        return content
    unpacker = zlib.decompressobj(wbits=31)
    try:
        xml = unpacker.decompress(content, LARGEST + 1)
    except zlib.error:
        raise SourceUnavailableError(f"{url} is damaged.") from None
    if len(xml) > LARGEST:
        raise SourceUnavailableError(f"{url} unpacks to more than {LARGEST:,} bytes.")
    if not unpacker.eof:
        raise SourceUnavailableError(f"{url} is cut off.")
    return xml


def parsed(url: str, xml: bytes) -> Element:
    """Its root; a document type, which a sitemap has no need of, is refused with the bombs it may hold."""
    try:
        root: Element = ElementTree.fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise SourceUnavailableError(f"{url} is not the XML of a sitemap.") from None
    return root


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element) -> str:
    return (element.text or "").strip()
