"""A PDF to Markdown: lines become paragraphs, steps and headings again, and what belongs to the paper goes."""

import io
import re

from markitdown import StreamInfo
from markitdown.converters import PdfConverter
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser
from pdfminer.utils import decode_text

from retrieval.conversion.layout import Layout, read_layout
from retrieval.conversion.refusal import RefusedError
from retrieval.conversion.tidying import disarm, tidy

MOST_PAGES = 300
_SCAN = (
    "its pages are pictures without text: run text recognition (OCR) on it, or save it as PDF from where it was written"
)
_LOCKED = "it is protected by a password: save it without one"
_BULLET = re.compile("[\u2022\u25e6\u25aa\u25ab\u25a0\u25cf\u25cb\u2023\u2043\u2219\u00b7\u2013*-](?:\\s+|$)")
_SPECIAL = str.maketrans(
    {"\f": "\n\n", "\uf0b7": "\u2022", "\uf0a7": "\u2022", "\uf0d8": "\u2022"}
)  # bullets of Symbol
_STEP = re.compile(r"(\d{1,3})[.)](?:\s+|$)")
_HYPHEN = re.compile(r"(\w+)-$")
_ENCLITICS = frozenset(  # envie-se: the hyphen stays
    ["se", "me", "te", "nos", "vos", "lhe", "lhes", "o", "a", "os", "as", "lo", "la", "los", "las", "no", "na", "nas"]
)


def read_pdf(content: bytes) -> tuple[str, str]:
    """The title among its properties, "" if there is none, and its Markdown; raises RefusedError."""
    title = _open(content)
    layout = read_layout(content)
    if not layout.words:
        raise RefusedError(_SCAN)
    text = PdfConverter().convert(io.BytesIO(content), StreamInfo(extension=".pdf")).markdown
    return title, disarm(flow(tidy(text.translate(_SPECIAL)), layout))


def _open(content: bytes) -> str:
    try:
        document = PDFDocument(PDFParser(io.BytesIO(content)))
    except (PDFPasswordIncorrect, PDFEncryptionError):
        raise RefusedError(_LOCKED) from None
    pages = sum(1 for _ in PDFPage.create_pages(document))
    if pages > MOST_PAGES:
        raise RefusedError(f"it has {pages} pages, more than the {MOST_PAGES} that are read: split it")
    title = document.info[0].get("Title", b"") if document.info else b""
    return " ".join(decode_text(title).split()) if isinstance(title, bytes) else ""


def flow(text: str, layout: Layout) -> str:
    """Lines of pages to Markdown blocks."""
    flowing = _Flow(layout, frozenset(re.findall(r"\w+-\w+", text.casefold())))
    for line in text.split("\n"):
        flowing.add(line.rstrip())
    return flowing.finish()


class _Flow:
    """Paragraphs as they grow line by line; `kind` says what the last block is."""

    def __init__(self, layout: Layout, compounds: frozenset[str]) -> None:
        self._layout = layout
        self._compounds = compounds
        self._blocks: list[tuple[str, str]] = []  # kind and text
        self._apart = True  # whether a blank line stands before the next line
        self._marker = ""  # of a list item whose words are still to come

    def add(self, line: str) -> None:
        words = line.strip()
        if not words:
            self._apart = True
        elif self._layout.runs_along(words):
            pass
        elif words.startswith("|"):
            self._start("table", words, join=True)
        elif level := self._layout.heading(words):
            self._add_heading(level, words)
        elif marker := _marker(words):
            self._add_item(*marker)
        else:
            self._add_words(words)

    def finish(self) -> str:
        text = ""
        for number, (kind, block) in enumerate(self._blocks):
            before = self._blocks[number - 1][0] if number else ""
            text += ("\n" if kind == before == "item" else "\n\n" if before else "") + block
        return text

    def _start(self, kind: str, text: str, *, join: bool = False) -> None:
        if join and self._blocks and self._blocks[-1][0] == kind and not self._apart:
            self._blocks[-1] = (kind, f"{self._blocks[-1][1]}\n{text}")
        else:
            self._blocks.append((kind, text))
        self._apart = False

    def _add_heading(self, level: int, words: str) -> None:
        kind = f"heading {level}"
        if self._blocks and self._blocks[-1][0] == kind and not self._apart:
            self._blocks[-1] = (kind, f"{self._blocks[-1][1]} {words}")
        else:
            self._start(kind, f"{'#' * level} {words}")

    def _add_item(self, marker: str, words: str) -> None:
        if words:
            self._start("item", f"{marker} {words}")
            self._marker = ""
        else:
            self._marker = marker

    def _add_words(self, words: str) -> None:
        if self._marker:
            self._start("item", f"{self._marker} {words}")
            self._marker = ""
        elif self._goes_on(words):
            kind, text = self._blocks[-1]
            self._blocks[-1] = (kind, self._join(text, words))
            self._apart = False
        else:
            self._start("text", f"\\{words}" if words.startswith("#") else words)

    def _goes_on(self, words: str) -> bool:
        if not self._blocks or self._blocks[-1][0] not in {"text", "item"}:
            return False
        return not self._apart or (words[0].islower() and self._blocks[-1][1][-1] not in ".!?:;")

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
