"""A DOCX to Markdown: opened with care, reduced to its text, headings, lists and tables."""

import io
import re
import zipfile
from typing import Any
from xml.parsers.expat import ParserCreate

from defusedxml.ElementTree import fromstring
from markitdown import StreamInfo
from markitdown.converters import DocxConverter

from retrieval.conversion.markup import make_harmless
from retrieval.conversion.refusal import RefusedError

MOST_ENTRIES = 1_000  # this and the next two: OWASP's advice for what is uploaded
MOST_BYTES = 100_000_000  # unpacked
MOST_RATIO = 100  # unpacked to packed
_SMALL = 1_000_000  # bytes: what unpacks to less is no bomb, whatever its ratio
_XML = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|word/[\w.-]+\.xml|word/_rels/[\w.-]+\.rels|docProps/core\.xml")
_PICTURE = "word/media/"
_MACROS = "it carries macros: save it as a .docx without them"
_DOCUMENT = re.compile(r"word/document\d*\.xml")
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_STYLES = "\n".join(
    [
        *(f"p[style-name='{name}'] => h1:fresh" for name in ("Title", "Título", "Titulo")),
        *(f"p[style-name='{name} {n}'] => h{n}:fresh" for name in ("Título", "Titulo") for n in range(1, 7)),
        *(f"p[style-name='{name} {n}'] => h6:fresh" for name in ("heading", "Heading") for n in range(7, 10)),
    ]
)  # beyond what mammoth knows by itself
_OPTIONS: dict[str, Any] = {"escape_misc": True, "bullets": "-", "table_infer_header": True, "strict": True}


def read_docx(content: bytes) -> tuple[str, str]:
    """The title among its properties, "" if there is none, and its Markdown; raises RefusedError."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        _check(archive, len(content))
        parts = {name: archive.read(name) for name in archive.namelist() if _XML.fullmatch(name)}
        parts |= {name: b"" for name in archive.namelist() if name.startswith(_PICTURE)}
    if not any(_DOCUMENT.fullmatch(name) for name in parts):
        raise RefusedError("it is no Word document, although it is named like one")
    for name, part in parts.items():
        if not name.startswith(_PICTURE):
            _check_part(part)
    if b"macroEnabled" in parts.get("[Content_Types].xml", b""):
        raise RefusedError(_MACROS)
    converter, info = DocxConverter(), StreamInfo(extension=".docx")  # type: ignore[no-untyped-call]
    markdown = converter.convert(_pack(parts), info, style_map=_STYLES, **_OPTIONS).markdown
    return _title(parts), make_harmless(markdown)


def _check(archive: zipfile.ZipFile, packed: int) -> None:
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_ENTRIES:
        raise RefusedError(f"it holds more than {MOST_ENTRIES:,} parts")
    if unpacked > MOST_BYTES or (unpacked > _SMALL and unpacked > MOST_RATIO * packed):
        raise RefusedError("it unpacks to far more than a document has: this may be an attack")
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusedError("it is protected by a password: save it without one")
    if any(entry.filename.lower().endswith("vbaproject.bin") for entry in entries):
        raise RefusedError(_MACROS)


def _check_part(part: bytes) -> None:
    """Read it for its form: what is torn would be mended silently, and no office file has a DOCTYPE."""
    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.Parse(part, True)


def _refuse_doctype(*_: object) -> None:
    raise RefusedError("it defines XML entities, which no word processor does: this may be an attack")


def _pack(parts: dict[str, bytes]) -> io.BytesIO:
    """The document again, without pictures, macros, embedded files and the style map that mammoth would obey."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return packed


def _title(parts: dict[str, bytes]) -> str:
    core = parts.get("docProps/core.xml")
    found = fromstring(core).find(_TITLE) if core else None
    return " ".join((found.text or "").split()) if found is not None else ""
