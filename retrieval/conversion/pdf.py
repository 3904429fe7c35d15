"""A PDF to Markdown: lines become paragraphs, steps and headings again, and what belongs to the paper goes."""

import io
import re

from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import resolve1
from pdfminer.utils import decode_text

from retrieval.conversion.layout import Grid, Line, heading_levels, read_pages, without_running
from retrieval.conversion.refusal import RefusedError
from retrieval.conversion.tidying import disarm, has_words, tidy

MOST_PAGES = 300
_SCAN = "its pages are pictures without text: run text recognition (OCR) on it, or save it as PDF where it was written"
_LOCKED = "it is protected by a password: save it without one"
_SPECIAL = str.maketrans(dict.fromkeys("\uf0b7\uf0a7\uf0d8", "\u2022"))  # bullets of Symbol and Wingdings
_UNKNOWN = re.compile(r"\(cid:\d+\)")  # what the reader writes for a glyph without a character
_LEADERS = re.compile(r"(?:\. ?){6}")  # a line of a table of contents
_BULLET = re.compile("[\u2022\u25e6\u25aa\u25ab\u25a0\u25cf\u25cb\u2023\u2043\u2219\u00b7\u2013*-](?:\\s+|$)")
_STEP = re.compile(r"(\d{1,3})[.)](?:\s+|$)")
_HYPHEN = re.compile(r"(\w+)-$")
_ENCLITICS = frozenset(  # envie-se: the hyphen stays
    ["se", "me", "te", "nos", "vos", "lhe", "lhes", "o", "a", "os", "as", "lo", "la", "los", "las", "no", "na", "nas"]
)
_FULL = 0.75  # of the widest line: a shorter one ends its paragraph when a capital follows


def read_pdf(content: bytes) -> tuple[str, str]:
    """The title among its properties, "" if there is none, and its Markdown; raises RefusedError."""
    title = _open(content)
    markdown = flow([item for page in without_running(read_pages(content)) for item in page])
    if not has_words(markdown):
        raise RefusedError(_SCAN)
    return title, disarm(markdown)


def _open(content: bytes) -> str:
    try:
        document = PDFDocument(PDFParser(io.BytesIO(content)))
    except (PDFPasswordIncorrect, PDFEncryptionError):
        raise RefusedError(_LOCKED) from None
    pages = sum(1 for _ in PDFPage.create_pages(document))
    if pages > MOST_PAGES:
        raise RefusedError(f"it has {pages} pages, more than the {MOST_PAGES} that are read: split it")
    title = resolve1(document.info[0].get("Title", b"")) if document.info else b""
    return " ".join(decode_text(title).split()) if isinstance(title, bytes) else ""


def flow(items: list[Line | Grid]) -> str:
    """Lines and tables to Markdown blocks."""
    flowing = _Flow([item for item in items if isinstance(item, Line)])
    for item in items:
        if isinstance(item, Grid):
            flowing.add_table(item)
        elif (words := tidy(_UNKNOWN.sub("", item.text.translate(_SPECIAL)))) and not _LEADERS.search(words):
            flowing.add(item, words)
    return flowing.finish()


class _Flow:
    """Blocks as they grow line by line: what each is, its text, and its last line."""

    def __init__(self, lines: list[Line]) -> None:
        self._levels = heading_levels(lines)
        self._compounds = frozenset(re.findall(r"\w+-\w+", " ".join(line.text for line in lines).casefold()))
        self._widths: dict[int, float] = {}  # of each text block
        for line in lines:
            self._widths[line.box] = max(self._widths.get(line.box, 0), line.x1)
        self._blocks: list[tuple[str, str, Line | None]] = []
        self._marker = ""  # of a list item whose words are still to come

    def add(self, line: Line, words: str) -> None:
        if level := self._levels.get(line, 0):
            self._add_heading(f"heading {level}", f"{'#' * level} ", line, words)
        elif marker := _marker(words):
            self._add_item(*marker, line)
        elif self._marker:
            self._add_item(self._marker, words, line)
        elif self._goes_on(line, words):
            kind, text, _ = self._blocks[-1]
            self._blocks[-1] = (kind, self._join(text, words), line)
        else:
            self._blocks.append(("text", f"\\{words}" if words.startswith("#") else words, line))

    def add_table(self, grid: Grid) -> None:
        rows = [f"| {' | '.join(tidy(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in grid.rows]
        rule = f"| {' | '.join('---' for _ in grid.rows[0])} |"
        self._blocks.append(("table", "\n".join([rows[0], rule, *rows[1:]]), None))

    def finish(self) -> str:
        text, before = "", ""
        for kind, block, _ in self._blocks:
            text += ("\n" if kind == before == "item" else "\n\n" if before else "") + block
            before = kind
        return text

    def _add_heading(self, kind: str, mark: str, line: Line, words: str) -> None:
        """One line more of the heading above it, or another heading."""
        last, text, above = self._blocks[-1] if self._blocks else ("", "", None)
        if last == kind and above is not None and above.box == line.box:
            self._blocks[-1] = (kind, f"{text} {words}", line)
        else:
            self._blocks.append((kind, mark + words, line))

    def _add_item(self, marker: str, words: str, line: Line) -> None:
        self._marker = "" if words else marker
        if words:
            self._blocks.append(("item", f"{marker} {words}", line))

    def _goes_on(self, line: Line, words: str) -> bool:
        """Whether a line continues the block above it, over the end of a column or page in the middle of a sentence."""
        kind, text, above = self._blocks[-1] if self._blocks else ("", "", None)
        if above is None or kind not in {"text", "item"}:
            return False
        if words[0].islower() and text[-1] not in ".!?:;":
            return True
        if line.box != above.box:
            return False
        return above.x1 - above.x0 >= _FULL * (self._widths[above.box] - above.x0) or not words[0].isupper()

    def _join(self, text: str, words: str) -> str:
        broken = _HYPHEN.search(text)
        if not broken or not words[0].islower():
            return f"{text} {words}"
        follows = re.match(r"\w+", words)
        rest = follows[0].casefold() if follows else ""
        kept = rest in _ENCLITICS or f"{broken[1].casefold()}-{rest}" in self._compounds
        return text + words if kept else text[:-1] + words


def _marker(words: str) -> tuple[str, str] | None:
    """A list item's Markdown marker and its words."""
    if step := _STEP.match(words):
        return f"{step[1]}.", words[step.end() :]
    if bullet := _BULLET.match(words):
        return "-", words[bullet.end() :]
    return None
