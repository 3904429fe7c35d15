"""Web pages as a knowledge source: those a sitemap names, or a list; unchanged ones are not loaded again."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urldefrag, urlsplit

from app.knowledge.sources.kinds import BY_MEDIA_TYPE, suffix_of, takes
from app.knowledge.sources.network import AllowList, Fetcher, NotFetchedError, Page, open_fetcher
from app.knowledge.sources.sitemap import MOST_PAGES, pages_of
from app.knowledge.sources.terms import Terms
from tools.knowledge_source import Document, Listed, SourceUnavailableError, Unchanged, Unreadable

AT_ONCE = 4  # pages asked for at the same time: servers of a company are not to notice
GIVE_UP = 20  # pages without an answer, and none with one: the server is away
GONE = frozenset({404, 410})


class WebPages:
    """Pages of hosts on an allow-list; `listing` is a sitemap's address, or addresses one a line."""

    revision = ""

    def __init__(self, fetcher: Fetcher, location: str, *, sitemap: bool) -> None:
        self._fetcher, self._location, self._sitemap = fetcher, location, sitemap

    async def documents(self, known: Mapping[str, str]) -> AsyncIterator[Listed]:
        """READ them, a few at a time."""
        addresses = await self._addresses()
        answered, silent = 0, 0
        for some in _lots(addresses, AT_ONCE):
            for listed, status in await asyncio.gather(*(self._read(url, known.get(url, "")) for url in some)):
                answered, silent = answered + (status != 0), silent + (status == 0)
                yield listed
            if not answered and silent >= min(GIVE_UP, len(addresses)):
                raise SourceUnavailableError(f"None of {silent} pages could be loaded: {_reason(listed)}.")

    async def _addresses(self) -> list[str]:
        if not self._sitemap:
            found = list(dict.fromkeys(filter(None, map(_clean, self._location.split()))))
        else:
            found = [_clean(url) for url in await pages_of(self._location.strip(), self._load)]
        if len(found) > MOST_PAGES:
            raise SourceUnavailableError(f"More than {MOST_PAGES:,} pages are named.")
        return list(dict.fromkeys(found))

    async def _load(self, url: str) -> bytes:
        try:
            page = await self._fetcher.fetch(url)
        except NotFetchedError as error:
            raise SourceUnavailableError(f"The sitemap {url} could not be loaded: {error}.") from None
        return page.content or b""

    async def _read(self, url: str, stamp: str) -> tuple[Listed, int]:
        """A page, and the status it was answered with; 0 = not at all."""
        try:
            page = await self._fetcher.fetch(url, stamp)
        except NotFetchedError as error:
            # Refused by us is no sign that the server is away.
            return Unreadable(url, str(error), gone=error.status in GONE), error.status or int(error.refused)
        if page.content is None:
            return (Unchanged(url) if stamp else Unreadable(url, "told to be unchanged, but never read")), 304
        return _document(url, page, page.content), 200


def _document(url: str, page: Page, content: bytes) -> Listed:
    suffix = BY_MEDIA_TYPE.get(page.media_type) or suffix_of(urlsplit(url).path)
    if page.media_type == "text/plain" and suffix_of(urlsplit(url).path) == ".md":
        suffix = ".md"  # many servers know no Markdown
    if not takes(f"page{suffix}"):
        return Unreadable(url, f"its kind, {page.media_type or 'unknown'}, cannot be made into an article")
    return Document(ref=url, content=content, suffix=suffix, url=url, stamp=page.stamp)


def _clean(url: str) -> str:
    return urldefrag(url).url


def _reason(listed: Listed) -> str:
    return listed.reason if isinstance(listed, Unreadable) else "no reason given"


def _lots(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


@asynccontextmanager
async def open_pages(terms: Terms) -> AsyncIterator[WebPages]:
    """The pages of a source of the kind sitemap or urls; the hosts it names itself are on its list."""
    options = terms.options
    own = _hosts(terms.location.split())
    allowed = AllowList(
        own | frozenset(map(str.lower, options.hosts)), frozenset(map(str.lower, options.private_hosts))
    )
    async with open_fetcher(allowed) as fetcher:
        yield WebPages(fetcher, terms.location, sitemap=terms.kind == "sitemap")


def _hosts(addresses: Iterable[str]) -> frozenset[str]:
    found = set()
    for url in addresses:
        try:
            found.add((urlsplit(url).hostname or "").rstrip(".").lower())
        except ValueError:
            continue
    return frozenset(found - {""})
