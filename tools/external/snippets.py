"""Results out of an answer: their words as plain text, their pages on allowed domains, everything else left behind."""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tools.external.catalogue import Row
from tools.external.domains import site_of
from tools.external.errors import UnusableError

LOOKED_AT = 20  # results of one answer
MARKUP = 20_000  # characters of HTML that are read of one result
TEXT, TITLE, AUTHOR = 1_500, 160, 60  # characters kept
SILENT = frozenset({"script", "style", "template", "noscript", "head", "title"})
TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-zA-Z][a-zA-Z0-9]*)[^<>]*>|<[!?][^<>]*>")
STEP = re.compile(r"(?<=[.:;!?]) (?=\d{1,2}[.)] [^\W\d_])")  # search engines run steps together: "… on. 1. Open …"
BREAKS = frozenset({"p", "div", "br", "li", "ul", "ol", "pre", "tr", "blockquote", "h1", "h2", "h3", "h4", "hr"})


@dataclass(frozen=True, slots=True)
class Snippet:
    """What a source says of one page. All of it is a stranger's text: shown, quoted, never followed."""

    title: str
    text: str
    url: str
    host: str
    author: str = ""
    licence: str = ""
    answer: str = ""  # where its full answer is, when the source has one


def results(answer: Any, path: str) -> list[Mapping[str, Any]]:
    """The list of results; what is in it and no result is passed over.

    Raises:
        UnusableError: when there is no such list.
    """
    found = at(answer, path)
    if not isinstance(found, list):
        raise UnusableError("answers with JSON that holds no results")
    return [one for one in found[:LOOKED_AT] if isinstance(one, Mapping)]


def snippets(answer: Any, row: Row, tongue: str, domains: Sequence[str]) -> list[Snippet]:
    """Results with a title, a text and a page that may be shown."""
    made = (_snippet(one, row, tongue, domains) for one in results(answer, row.results))
    return [one for one in made if one and one.title and one.text]


def _snippet(one: Mapping[str, Any], row: Row, tongue: str, domains: Sequence[str]) -> Snippet | None:
    link = _first(one, row.link)
    url = row.page.format(tongue=tongue, id=quote(link, safe="_()',")) if row.page and link else link
    host = site_of(url, domains)
    if not host:
        return None
    return Snippet(
        title=line(_first(one, row.title), TITLE),
        text=plain(_first(one, row.text)),
        url=url,
        host=host,
        author=line(_first(one, row.author), AUTHOR),
        licence=line(_first(one, row.licence), AUTHOR) or row.credit,
        answer=_id(one, row),
    )


def _id(one: Mapping[str, Any], row: Row) -> str:
    number = at(one, row.full.id) if row.full else None
    return str(number) if isinstance(number, int) and 0 < number < 10**12 else ""


def at(data: Any, path: str) -> Any:
    """What stands at a dotted path; None when nothing does."""
    for name in path.split("."):
        data = data.get(name) if isinstance(data, Mapping) else None
    return data


def _first(one: Mapping[str, Any], paths: Iterable[str]) -> str:
    return next((value for path in paths if isinstance(value := at(one, path), str) and value.strip()), "")


def line(text: str, longest: int) -> str:
    """Plain text on one line."""
    return " ".join(plain(text).split())[:longest].strip()


def plain(markup: str) -> str:
    """The words of a piece of HTML: no tags, no entities, nothing invisible or that steers a terminal."""
    said = html.unescape("".join(_words(markup[:MARKUP])))
    text = unicodedata.normalize("NFC", said.replace("\u2028", "\n").replace("\u2029", "\n"))
    seen = "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "" for c in text)
    lines = (" ".join(one.split()) for one in seen.splitlines())
    return STEP.sub("\n", "\n".join(one for one in lines if one))[:TEXT].strip()


def _words(markup: str) -> Iterator[str]:
    """What a reader would see, piece by piece; in linear time, which the standard library's parser does not promise."""
    at, silent = 0, ""
    for tag in TAG.finditer(markup):
        if not silent:
            yield markup[at : tag.start()]
        at, name = tag.end(), (tag["name"] or "").casefold()
        if silent:
            silent = "" if tag["end"] and name == silent else silent
        elif name in SILENT and not tag["end"]:
            silent = name
        elif name in BREAKS:
            yield "\n- " if name == "li" and not tag["end"] else "\n"
    if not silent:
        yield markup[at:]
