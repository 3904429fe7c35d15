"""Any file of a knowledge source to a title and clean Markdown."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from retrieval.articles import LARGEST_FILE, ArticleUnreadableError, read_front_matter
from retrieval.conversion.decoding import decode
from retrieval.conversion.kinds import LARGEST, Kind, check_size, kind_named, recognise
from retrieval.conversion.markup import first_heading, is_suspect, settle_headings
from retrieval.conversion.process import Limits, ReadingProcess
from retrieval.conversion.refusal import NO_TEXT, RefusedError
from retrieval.conversion.tidying import disarm, has_words, tidy, title_from
from retrieval.identification import language_of
from retrieval.passage import Language

_LONGEST_TITLE = 300  # characters, as in front matter
_NO_TITLE = re.compile(
    r"(?:microsoft (?:word|powerpoint)\b.*|.*\.(?:docx?|pdf|odt|rtf|pptx?|txt|indd)|"
    r"(?:word |new )?document[o]?\d*|untitled\b.*|sem t[ií]tulo\b.*|sin t[ií]tulo\b.*|apresentação\b.*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Converted:
    """A file's text. `language` is what the words tell, None when they do not; `metadata` is raw front matter."""

    title: str
    body: str  # Markdown without HTML, pictures and unseen characters
    language: Language | None
    kind: Kind
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Converter:
    """Converts files one after the other; what is no plain text is read in a process of its own.

    async with Converter() as converter:
        converted = await converter.convert("vpn.docx", content)
    """

    def __init__(self, limits: Limits = Limits()) -> None:  # noqa: B008 -- frozen
        self._process = ReadingProcess(limits)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._process.close()

    async def convert_file(self, name: str, file: Path) -> Converted:
        """As `convert`; a file that is too large is refused before it is read."""
        return await self.convert(name, await asyncio.to_thread(_read_bounded, name, file))

    async def convert(self, name: str, content: bytes) -> Converted:
        """The file's text; raises ArticleUnreadableError with a reason its keeper can act on."""
        kind = recognise(name, content)
        try:
            if kind == "markdown":
                return await self._convert_markdown(name, content)
            if kind == "text":
                return await asyncio.to_thread(_finish, name, kind, "", _plain(decode(name, content)))
            title, body = await self._process.read(kind, content)
            return await asyncio.to_thread(_finish, name, kind, title, body)
        except RefusedError as refused:
            raise ArticleUnreadableError(name, str(refused)) from None

    async def _convert_markdown(self, name: str, content: bytes) -> Converted:
        metadata, body = await asyncio.to_thread(_open_markdown, name, content)
        if is_suspect(body):
            _, body = await self._process.read("markdown", body.encode())
        title = metadata.get("title", "")
        return await asyncio.to_thread(_finish, name, "markdown", str(title), body, metadata)


def _read_bounded(name: str, file: Path) -> bytes:
    try:
        check_size(name, file.stat().st_size)
        with file.open("rb") as opened:
            return opened.read(LARGEST[kind_named(name)] + 1)  # it may grow meanwhile
    except OSError as error:
        raise ArticleUnreadableError(name, error.strerror or "cannot be read") from None


def _open_markdown(name: str, content: bytes) -> tuple[dict[str, Any], str]:
    metadata, body = read_front_matter(name, decode(name, content))
    return metadata, settle_headings(tidy(body))


def _plain(text: str) -> str:
    return disarm(settle_headings(tidy(text)))


def _finish(name: str, kind: Kind, title: str, text: str, metadata: Mapping[str, Any] | None = None) -> Converted:
    if not has_words(text):
        raise RefusedError(NO_TEXT)
    if len(text.encode()) > LARGEST_FILE:
        raise RefusedError(f"its text is larger than {LARGEST_FILE:,} bytes: split it")
    return Converted(_title(name, kind, title, text), text, language_of(text), kind, metadata or {})


def _title(name: str, kind: Kind, given: str, text: str) -> str:
    """What the file calls itself, unless a program did; its first heading; in a PDF its first short line; its name."""
    own = "" if kind != "markdown" and _NO_TITLE.fullmatch(given[:_LONGEST_TITLE].strip()) else given
    heading = first_heading(text)
    if kind in {"docx", "html"}:  # properties are often those of the template, a window's name that of the whole site
        own = first_heading(text, deepest=1) or own
    line = text.split("\n", 1)[0]
    first = line if kind in {"pdf", "text"} and len(line.split()) <= 12 and line[0].isalpha() else ""
    found = next((title for title in (own, heading, first) if has_words(title)), title_from(name))
    return " ".join(disarm(tidy(found)).split())[:_LONGEST_TITLE]
