"""A source's documents into entries: only what is new or different is parsed or converted."""

import asyncio
import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from app.knowledge.difference import Failed, Found, Read, Shelved
from app.knowledge.sources.terms import Terms
from retrieval.articles import ArticleUnreadableError, Entry, has_front_matter, parse_entry
from retrieval.conversion.converter import Converter
from retrieval.passage import Article
from tools.knowledge_source import Document, KnowledgeSource, Listed, SourceUnavailableError, Unchanged

READER = "1"  # of this module and of `retrieval.conversion`: what was read by another is read again
LONGEST_ID = 180  # characters of an id made of a name; ids may have 200
MARKDOWN = frozenset({".md", ".markdown"})
Tell = Callable[[int], None]  # documents listed so far


class Reader:
    """Reads one source; what its terms say holds for every article that does not say so itself."""

    def __init__(self, terms: Terms, converter: Converter) -> None:
        self._terms, self._converter = terms, converter
        # What an unchanged document must have been read as to be left alone.
        self.read_as = f"{READER}.{terms.seal}"

    async def read(
        self, source: KnowledgeSource, shelf: Mapping[str, Shelved], tell: Tell, *, again: bool = False
    ) -> Found:
        """List the source. `again`: read everything as if nothing were known. Raises SourceUnavailableError."""
        mine = {row.ref: row for row in shelf.values() if row.source == self._terms.name}
        fresh = {} if again else {ref: row for ref, row in mine.items() if row.read_as == self.read_as}
        found, listed = Found(), 0
        async for one in source.documents({ref: row.stamp for ref, row in fresh.items() if row.stamp}):
            await self._sort(one, found, mine.get(one.ref), fresh=one.ref in fresh)
            listed += 1
            tell(listed)
        found.revision = source.revision
        return found

    async def _sort(self, listed: Listed, found: Found, former: Shelved | None, *, fresh: bool) -> None:
        if isinstance(listed, Unchanged):
            if not fresh:
                raise SourceUnavailableError(f"{listed.ref} is told to be unchanged, but was never read.")
            found.same.add(listed.ref)
        elif not isinstance(listed, Document):
            found.failed[listed.ref] = Failed(listed.ref, listed.reason, listed.gone)
        elif former and fresh and former.raw == listed.sha256 and former.stamp == listed.stamp:
            found.same.add(listed.ref)
        else:
            await self._take(listed, found, former)

    async def _take(self, document: Document, found: Found, former: Shelved | None) -> None:
        try:
            read = await self._parse(document, former)
        except ArticleUnreadableError as error:
            found.failed[document.ref] = Failed(document.ref, error.reason)
            return
        readers = self._terms.readers(read.article.audience)
        if readers is None:
            reason = f"nobody may read it: the source is for {', '.join(self._terms.audience)} only"
            found.failed[document.ref] = Failed(document.ref, reason, gone=True)
            return
        entry, terms = read.entry, self._terms
        article = entry.article.model_copy(update={"audience": readers, "url": entry.article.url or document.url})
        found.read[document.ref] = replace(
            read, entry=replace(entry, article=article, owner=entry.owner or terms.owner)
        )

    async def _parse(self, document: Document, former: Shelved | None) -> Read:
        ref, told = document.ref, (document.sha256, document.stamp)
        suffix = document.suffix or PurePosixPath(ref).suffix.lower()
        if suffix in MARKDOWN and has_front_matter(document.content):
            entry = await asyncio.to_thread(parse_entry, ref, document.content, self._terms.language)
            body = (await self._converter.convert(ref, document.content)).body
            entry = replace(entry, article=entry.article.model_copy(update={"body": body}))
            return Read(ref, entry, *told, front_matter=True)
        if suffix in MARKDOWN and not self._terms.options.plain:
            raise ArticleUnreadableError(ref, "does not begin with front matter (a line of three dashes)")
        if former and former.front_matter:  # which may have said that not everybody may read it
            raise ArticleUnreadableError(ref, "its front matter is gone; delete the file if that is what you want")
        name = ref if not document.suffix or ref.lower().endswith(suffix) else f"{ref}{document.suffix}"
        converted = await self._converter.convert(name, document.content)
        if converted.metadata:  # in other letters than we look for it in, and it may say who may read
            raise ArticleUnreadableError(ref, "save it as UTF-8, for its front matter to be read")
        article = Article(
            id=id_of(self._terms.name, ref),
            language=converted.language or self._terms.language,
            title=converted.title[:300],
            body=converted.body,
        )
        return Read(ref, Entry(article), *told)


def id_of(source: str, ref: str) -> str:
    """An id for a document that names none: the source's name and its own, plain; a hash where that would be lost."""
    parts = urlsplit(ref)
    name = f"{parts.netloc}{parts.path}" if parts.scheme and parts.netloc else ref
    plain = unicodedata.normalize("NFKD", unquote(name)).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9./]+", "-", plain).strip("-./")
    told = f"{source}/{slug}"
    if slug == ref and len(told) <= LONGEST_ID:
        return told
    return f"{told[:LONGEST_ID].rstrip('-./')}-{hashlib.sha256(ref.encode()).hexdigest()[:8]}"
