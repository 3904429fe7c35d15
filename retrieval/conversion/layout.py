"""The pages of a PDF as lines and tables in reading order, and what the look of a line says about it."""

import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pdfplumber
from pdfminer.layout import LTChar, LTTextContainer, LTTextLine

_LARGER = 1.15  # of the body's size: a heading
_LONGEST_HEADING = 15  # words
_LONGEST_BOLD = 10  # words
_MOST_BOLD = 0.3  # share of lines: with more of them bold means nothing
_LEVELS = 4  # of sizes
_EDGE = 2  # lines at each end of a page that may be running lines
_OFTEN = 3  # pages
_SHARE = 0.5  # of all pages
_SAME = 3.0  # points: what counts as the same line or the same edge
_CELL = 4  # words in a cell of a table without rules, on average; columns of prose have more
_ROWS = 3  # from which cells in line are a table without rules
_PAGE_NUMBER = re.compile(r"(?:p[áa]g(?:ina|e)?\.?|page)?\s*\d{1,4}(?:\s*(?:/|de|of)\s*\d{1,4})?", re.IGNORECASE)
_STEP = re.compile(r"(?:\d+|[a-z])[.)]\s")
_WORDS_APART = {"text_x_tolerance_ratio": 0.15}  # of a character's size; the library's fixed gap glues small print


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text; lengths are points from the left and the top of its page, `box` numbers its text block."""

    text: str
    size: float
    bold: bool
    x0: float
    x1: float
    top: float
    box: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A table."""

    rows: tuple[tuple[str, ...], ...]


Page = list[Line | Grid]


def read_pages(content: bytes) -> list[Page]:
    """Look at every page once."""
    with pdfplumber.open(io.BytesIO(content), laparams={}) as document:
        pages = []
        for page in document.pages:
            pages.append(_with_grids(list(_lines(page)), _ruled(page)))
            page.close()  # or everything on it is kept
        return pages


def without_running(pages: Sequence[Page]) -> list[Page]:
    """The pages without page numbers and what stands at the edge of most of them, any number being like any other."""
    edges = [set(map(_shape, _edge(page, _EDGE))) for page in pages]
    often = Counter(shape for edge in edges for shape in edge)
    running = {shape for shape, count in often.items() if count >= max(_OFTEN, _SHARE * len(pages))}
    if len(pages) > 1:
        outermost = (line for page in pages for line in _edge(page, 1))
        running |= {_shape(line) for line in outermost if _PAGE_NUMBER.fullmatch(line.text)}
    return [[item for item in page if not (isinstance(item, Line) and _shape(item) in running)] for page in pages]


def heading_levels(lines: Sequence[Line]) -> dict[Line, int]:
    """The headings among the lines: larger than most of the text, or bold where little is."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 0
    large = [line for line in lines if line.size >= _LARGER * body and _is_short(line, _LONGEST_HEADING)]
    order = sorted({line.size for line in large}, reverse=True)[:_LEVELS]
    found = {line: order.index(line.size) + 1 for line in large if line.size in order}
    bold = [line for line in lines if line.bold and line.size < _LARGER * body]
    if len(bold) <= _MOST_BOLD * len(lines):
        found |= {line: len(order) + 1 for line in bold if _stands_out(line)}
    return found


def _lines(page: Any) -> Iterator[Line]:
    boxes = [box for box in page.layout if isinstance(box, LTTextContainer)]
    for number, box in enumerate(boxes, start=1_000 * page.page_number):
        for line in box:
            chars = [char for char in line if isinstance(char, LTChar) and not char.get_text().isspace()]
            if isinstance(line, LTTextLine) and chars:
                size = Counter(round(char.size * 2) / 2 for char in chars).most_common(1)[0][0]
                bold = sum("bold" in char.fontname.lower() or "black" in char.fontname.lower() for char in chars)
                text = " ".join(line.get_text().split())
                place = (line.x0, line.x1, float(page.height) - line.y1)
                yield Line(text, size, bold > 0.9 * len(chars), *place, number)


def _ruled(page: Any) -> list[tuple[tuple[float, ...], Grid]]:
    """Tables drawn with rules, with their boxes; a frame around text is none."""
    found = []
    for table in page.find_tables(_WORDS_APART):
        rows = [tuple(" ".join((cell or "").split()) for cell in row) for row in table.extract(x_tolerance_ratio=0.15)]
        rows = [row for row in rows if any(row)]
        if len(rows) > 1 and sum(1 for cell in rows[0] if cell) > 1:
            found.append((table.bbox, Grid(tuple(rows))))
    return found


def _with_grids(lines: list[Line], ruled: list[tuple[tuple[float, ...], Grid]]) -> Page:
    """Each table in the place of its first line; those without rules are found among the other lines."""
    page: Page = []
    placed: set[int] = set()
    for line in lines:
        inside = next((n for n, (box, _) in enumerate(ruled) if _is_inside(line, box)), None)
        if inside is None:
            page.append(line)
        elif inside not in placed:
            placed.add(inside)
            page.append(ruled[inside][1])
    return _aligned(page)


def _is_inside(line: Line, box: tuple[float, ...]) -> bool:
    left, top, right, bottom = box
    middle = (line.x0 + line.x1) / 2
    return left - _SAME <= middle <= right + _SAME and top - _SAME <= line.top + line.size / 2 <= bottom + _SAME


def _aligned(page: Page) -> Page:
    """Tables without rules: rows of short cells that begin at the same places."""
    rows: list[list[Line]] = []
    for line in sorted((item for item in page if isinstance(item, Line)), key=lambda line: (line.top, line.x0)):
        if rows and abs(rows[-1][0].top - line.top) <= _SAME:
            rows[-1].append(line)
        else:
            rows.append([line])
    for run in _runs([sorted(row, key=lambda line: line.x0) for row in rows]):
        cells = [line for row in run for line in row]
        if len(run) >= _ROWS and sum(len(line.text.split()) for line in cells) <= _CELL * len(cells):
            grid = Grid(tuple(tuple(line.text for line in row) for row in run))
            first = min(page.index(line) for line in cells)
            page = [grid if n == first else item for n, item in enumerate(page) if n == first or item not in cells]
    return page


def _runs(rows: Iterable[list[Line]]) -> Iterator[list[list[Line]]]:
    """Neighbouring rows with as many cells at the same places, two at least."""
    run: list[list[Line]] = []
    for row in rows:
        if run and len(row) == len(run[0]) and all(abs(a.x0 - b.x0) <= _SAME for a, b in zip(row, run[0], strict=True)):
            run.append(row)
            continue
        if run:
            yield run
        run = [row] if len(row) > 1 else []
    if run:
        yield run


def _edge(page: Page, count: int) -> list[Line]:
    lines = sorted((item for item in page if isinstance(item, Line)), key=lambda line: line.top)
    return [*lines[:count], *lines[-count:]]


def _shape(line: Line) -> tuple[str, float]:
    return re.sub(r"\d+", "#", re.sub(r"\W+", "", line.text.casefold())), line.size


def _stands_out(line: Line) -> bool:
    return (
        _is_short(line, _LONGEST_BOLD) and not line.text.endswith((".", ",", ";", ":")) and not _STEP.match(line.text)
    )


def _is_short(line: Line, most: int) -> bool:
    return len(line.text.split()) <= most and any(char.isalpha() for char in line.text)
