"""What the look of a PDF's pages tells about its lines: which are headings, which only run along at top and bottom."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pdfminer.high_level import extract_pages
from pdfminer.layout import LTChar, LTPage, LTTextContainer, LTTextLine

_LARGER = 1.15  # of the body's size: a heading
_LONGEST_HEADING = 15  # words
_LONGEST_BOLD = 10  # words
_MOST_BOLD = 0.3  # share of lines: with more of them bold means nothing
_LEVELS = 4  # of sizes
_EDGE = 2  # lines at each end of a page that may be running lines
_OFTEN = 3  # pages
_SHARE = 0.5  # of all pages
_PAGE_NUMBER = re.compile(r"(?:p[áa]g(?:ina|e)?\.?|page)?\s*\d{1,4}(?:\s*(?:/|de|of)\s*\d{1,4})?", re.IGNORECASE)
_STEP = re.compile(r"(?:\d+|[a-z])[.)]\s")


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    size: float  # points, of most of its characters
    bold: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """Lines by `line_key`: headings with their level; `running` also by shape, any number standing for every number."""

    headings: dict[str, int] = field(default_factory=dict)
    running: frozenset[str] = frozenset()
    words: int = 0

    def heading(self, line: str) -> int:
        """The level of a heading, 0 for any other line."""
        return self.headings.get(line_key(line), 0)

    def runs_along(self, line: str) -> bool:
        """Whether the line belongs to the page and not to the text."""
        return _shape(line) in self.running


def line_key(line: str) -> str:
    """A line as two readers of the same page agree on it."""
    return re.sub(r"\W+", "", line.casefold())


def read_layout(content: bytes) -> Layout:
    """Look at every page once."""
    pages = [list(_lines(page)) for page in extract_pages(io.BytesIO(content))]
    running = _running(pages)
    lines = [line for page in pages for line in page if _shape(line.text) not in running]
    return Layout(_headings(lines), running, sum(len(line.text.split()) for line in lines))


def _lines(page: LTPage) -> Iterator[_Line]:
    """From top to bottom."""
    found = [line for box in page if isinstance(box, LTTextContainer) for line in box if isinstance(line, LTTextLine)]
    for line in sorted(found, key=lambda line: -line.y1):
        chars = [char for char in line if isinstance(char, LTChar) and not char.get_text().isspace()]
        if chars:
            size = Counter(round(char.size * 2) / 2 for char in chars).most_common(1)[0][0]
            bold = sum("bold" in char.fontname.lower() or "black" in char.fontname.lower() for char in chars)
            yield _Line(line.get_text().strip(), size, bold > 0.9 * len(chars))


def _shape(line: str) -> str:
    return re.sub(r"\d+", "#", line_key(line))


def _running(pages: list[list[_Line]]) -> frozenset[str]:
    """Lines that stand at the edge of most pages, and page numbers."""
    edges = [{_shape(line.text) for line in [*page[:_EDGE], *page[-_EDGE:]]} for page in pages]
    often = Counter(shape for edge in edges for shape in edge)
    least = max(_OFTEN, _SHARE * len(pages))
    numbers = {
        _shape(line.text)
        for page in pages if len(pages) > 1
        for line in [*page[:1], *page[-1:]] if _PAGE_NUMBER.fullmatch(line.text)
    }  # fmt: skip
    return frozenset(shape for shape, count in often.items() if count >= least) | numbers


def _headings(lines: list[_Line]) -> dict[str, int]:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    if not sizes:
        return {}
    body = sizes.most_common(1)[0][0]
    large = [line for line in lines if line.size >= _LARGER * body and _is_short(line, _LONGEST_HEADING)]
    levels = {size: n for n, size in enumerate(sorted({line.size for line in large}, reverse=True)[:_LEVELS], start=1)}
    found = {line_key(line.text): levels[line.size] for line in large if line.size in levels}
    bold = [line for line in lines if line.bold and line.size < _LARGER * body]
    if len(bold) <= _MOST_BOLD * len(lines):
        found |= _bold_headings(bold, len(levels) + 1, found)
    return found


def _bold_headings(bold: Iterable[_Line], level: int, taken: dict[str, int]) -> dict[str, int]:
    return {
        key: level
        for line in bold
        if _is_short(line, _LONGEST_BOLD)
        and not line.text.endswith((".", ",", ";", ":"))
        and not _STEP.match(line.text)
        if (key := line_key(line.text)) not in taken
    }


def _is_short(line: _Line, most: int) -> bool:
    return len(line.text.split()) <= most and any(char.isalpha() for char in line.text)
