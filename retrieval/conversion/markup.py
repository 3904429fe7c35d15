"""Markdown made harmless: left alone when it holds no HTML, picture or strange link, else rendered and read again."""

import re
from collections.abc import Iterator
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from retrieval.conversion.page import KNOWN_TAGS, read_fragment, safe_address
from retrieval.conversion.refusal import TOO_DEEP, RefusedError
from retrieval.conversion.tidying import disarm, tidy

DEEPEST_HEADING = 9  # levels, as word processors have them; below the sixth they are written as the sixth
_LONGEST_HEADING = 1_000  # characters: what is longer is a paragraph, whatever stands before it
_NESTING = 100  # tokens: deep enough that our own limit speaks first
_SUSPECT = re.compile(r"<[A-Za-z/!?]|!\[|\]\((?!https?://|mailto:|tel:)|\]:")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_DEEP = re.compile(r"(#{7,})(?=\s+\S)")
_HEADING = re.compile(r"(#{1,6})\s+(\S.*?)\s*#*$")
_UNDERLINE = re.compile(r"(=|-)\1+$")
_NO_PARAGRAPH = re.compile(r"\s*(?:[#>|+*=-]|\d+[.)]\s|$)|\s{4}")
_TAG_NAME = re.compile(r"\s*</?([A-Za-z][\w-]*)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"[*_`]+")


def is_suspect(markdown: str) -> bool:
    """Whether the text must be parsed to know that it is harmless; never wrong when it says no."""
    return _SUSPECT.search(markdown) is not None


def make_harmless(markdown: str) -> str:
    """The same Markdown, or one without HTML, pictures and links to anywhere strange; raises RefusedError."""
    if not is_suspect(markdown):
        return markdown
    parser = _parser()
    tokens = parser.parse(markdown)
    if not _offends(tokens):
        return markdown
    for token in _all(tokens):
        _spell_out(token)
    return settle(read_fragment(parser.renderer.render(tokens, parser.options, {})))


def settle(markdown: str) -> str:
    """The last step of every conversion, in the one order in which no step undoes another; raises RefusedError."""
    return ensure_harmless(settle_headings(tidy(markdown)))


def ensure_harmless(markdown: str) -> str:
    """What was converted, checked once more: should anything have slipped through, all markup of its kind goes."""
    if is_suspect(markdown) and _offends(_parser().parse(markdown)):
        return disarm(markdown)
    return markdown


def settle_headings(markdown: str) -> str:
    """Every heading as one line of one to six hashes; raises RefusedError beyond DEEPEST_HEADING."""
    lines: list[str] = []
    fenced = False
    for line in markdown.split("\n"):
        fenced ^= _FENCE.match(line) is not None
        if fenced:
            lines.append(line)
        elif _is_underlined(lines, line):
            lines[-1] = f"{'#' if line[0] == '=' else '##'} {lines[-1].strip()}"
        else:
            lines.append(_shallow(line))
    return "\n".join(lines)


def first_heading(markdown: str, deepest: int = 6) -> str:
    """The words of the first heading of a level, "" when there is none."""
    fenced = False
    for line in markdown.split("\n"):
        fenced ^= _FENCE.match(line) is not None
        found = None if fenced else _HEADING.match(line)
        if found and len(found[1]) <= deepest:
            return _MARKS.sub("", _LINK.sub(r"\1", found[2])).strip()
    return ""


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True, "maxNesting": _NESTING}).enable(["table", "strikethrough"])
    parser.validateLink = _accept  # type: ignore[method-assign]  # strange links are to be seen, not kept as text
    return parser


def _accept(url: str) -> bool:  # noqa: ARG001 -- the parser gives it
    return True


def _all(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from _all(token.children or [])


def _offends(tokens: list[Token]) -> bool:
    return any(
        token.type in {"html_block", "html_inline", "image"}
        or (token.type == "link_open" and not safe_address(str(token.attrGet("href"))))
        for token in _all(tokens)
    )


def _spell_out(token: Token) -> None:
    """`<Enviar>` is no tag but the name of a button."""
    name = _TAG_NAME.match(token.content) if token.type in {"html_block", "html_inline"} else None
    if name and name[1].lower() not in KNOWN_TAGS:
        words = escape(token.content, quote=False)
        token.content = f"<p>{words}</p>" if token.type == "html_block" else words


def _shallow(line: str) -> str:
    if line.startswith("#") and len(line) > _LONGEST_HEADING:
        return f"\\{line}"
    deep = _DEEP.match(line)
    if deep and len(deep[1]) > DEEPEST_HEADING:
        raise RefusedError(TOO_DEEP)
    return f"######{line[deep.end() :]}" if deep else line


def _is_underlined(lines: list[str], line: str) -> bool:
    """Whether `line` makes a heading of the single line before it."""
    if not lines or not _UNDERLINE.match(line.rstrip()) or _NO_PARAGRAPH.match(lines[-1]):
        return False
    return len(lines) < 2 or not lines[-2].strip()
