"""Which files are taken, how large they may be, and whether a file is what its name says."""

import re
from pathlib import PurePath
from typing import Literal

from retrieval.articles import LARGEST_FILE, ArticleUnreadableError

Kind = Literal["markdown", "text", "html", "pdf", "docx"]

SUFFIXES: dict[str, Kind] = {
    ".md": "markdown", ".markdown": "markdown", ".txt": "text", ".html": "html", ".htm": "html",
    ".pdf": "pdf", ".docx": "docx",
}  # fmt: skip
LARGEST: dict[Kind, int] = {  # bytes
    "markdown": LARGEST_FILE,
    "text": LARGEST_FILE,
    "html": 5_000_000,  # a saved page carries its pictures inside
    "pdf": 20_000_000,
    "docx": 20_000_000,
}
_TAKEN = "Markdown, TXT, HTML, PDF and DOCX"
_FIRST = 1024  # bytes: how far into a file readers look for the mark of a PDF
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PDF = "a PDF"
_ZIP = "an office file or a ZIP archive"
_PAGE = "a web page"
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", _PDF),
    (b"PK\x03\x04", _ZIP),
    (_OLE, "an old or password-protected office file"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed archive"),
    (b"7z\xbc\xaf", "a compressed archive"),
    (b"Rar!", "a compressed archive"),
    (b"SQLite format 3\x00", "a database"),
)
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*)?<(?:!doctype\s+html|html[\s>])", re.IGNORECASE
)
_ALLOWED: dict[Kind, frozenset[str]] = {
    "markdown": frozenset({""}),
    "text": frozenset({""}),
    "html": frozenset({"", _PAGE}),
    "pdf": frozenset({_PDF}),
    "docx": frozenset({_ZIP}),
}


def kind_named(name: str) -> Kind:
    """What the suffix promises; raises ArticleUnreadableError for one that is not taken."""
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        raise ArticleUnreadableError(name, f"{suffix or 'a name without a suffix'} is not taken: only {_TAKEN} are")
    return SUFFIXES[suffix]


def check_size(name: str, size: int) -> None:
    """Refuse a file by its size in bytes before anybody reads it whole; raises ArticleUnreadableError."""
    largest = LARGEST[kind_named(name)]
    if size > largest:
        raise ArticleUnreadableError(name, f"larger than {largest // 1_000_000} MB: split it, or leave pictures out")
    if size == 0:
        raise ArticleUnreadableError(name, "the file is empty")


def recognise(name: str, content: bytes) -> Kind:
    """The kind of a file whose name and bytes agree; raises ArticleUnreadableError."""
    kind = kind_named(name)
    check_size(name, len(content))
    seen = _looks_like(content)
    if seen in _ALLOWED[kind]:
        return kind
    if kind == "docx" and content.startswith(_OLE):
        raise ArticleUnreadableError(name, "an old .doc or protected by a password: save it as .docx without one")
    suffix = PurePath(name).suffix.lower()
    reason = f"named {suffix}, but it is {seen}" if seen else f"named {suffix}, but its content is something else"
    raise ArticleUnreadableError(name, reason)


def _looks_like(content: bytes) -> str:
    """What the first bytes give away; "" for plain text and whatever is not known."""
    if _HTML.match(content[:_FIRST]):
        return _PAGE
    if marked := next((what for mark, what in _MARKS if content.startswith(mark)), ""):
        return marked
    return _PDF if b"\n%PDF-" in content[:_FIRST].replace(b"\r", b"\n") else ""
