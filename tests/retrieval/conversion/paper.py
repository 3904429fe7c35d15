"""PDF and DOCX files as the tests need them, written from nothing."""

import io
import zipfile
from dataclasses import dataclass

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_LOCK = b"/Filter/Standard/V 1/R 2/P -4/O<" + b"41" * 32 + b">/U<" + b"42" * 32 + b">"


@dataclass(frozen=True)
class Print:
    text: str
    y: int  # points from the bottom
    size: int = 11
    bold: bool = False
    x: int = 72


@dataclass(frozen=True)
class Rule:
    x0: int
    y0: int
    x1: int
    y1: int


def pdf(*pages: list[Print | Rule], title: str = "", locked: bool = False) -> bytes:
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    objects += [b"<</Type/Font/Subtype/Type1/BaseFont/%s/Encoding/WinAnsiEncoding>>" % name for name in FONTS]
    kids = []
    for page in pages:
        objects.append(_stream(b"\n".join(map(_show, page))))
        fonts = b"<</Font<</F0 3 0 R/F1 4 0 R>>>>"
        page_object = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources%s/Contents %d 0 R>>"
        objects.append(page_object % (fonts, len(objects)))
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), len(kids))
    objects.append(b"<</Title(%s)>>" % title.encode("latin-1"))
    trailer = b"/Root 1 0 R/Info %d 0 R" % len(objects)
    return _file(objects, trailer + (b"/Encrypt<<" + _LOCK + b">>/ID[<41><41>]" if locked else b""))


FONTS = (b"Helvetica", b"Helvetica-Bold")


def _show(line: Print | Rule) -> bytes:
    if isinstance(line, Rule):
        return b"%d %d m %d %d l S" % (line.x0, line.y0, line.x1, line.y1)
    text = line.text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return b"BT /F%d %d Tf %d %d Td (%s) Tj ET" % (line.bold, line.size, line.x, line.y, text)


def _stream(content: bytes) -> bytes:
    return b"<</Length %d>>stream\n%s\nendstream" % (len(content), content)


def _file(objects: list[bytes], trailer: bytes) -> bytes:
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d%s>>\n" % (count, table, count, trailer)
    return written + head + b"startxref\n%d\n%%%%EOF" % len(written)


def heading(level: int, text: str) -> str:
    return paragraph(text, f'<w:pStyle w:val="Heading{level}"/>')


def step(text: str, level: int = 0, numbering: int = 1) -> str:
    return paragraph(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{numbering}"/></w:numPr>')


def paragraph(text: str, properties: str = "") -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space="preserve">{escaped}</w:t></w:r></w:p>'


def table(*rows: tuple[str, ...]) -> str:
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


def picture(alt: str, relation: str = 'r:embed="rPicture"') -> str:
    return (
        f'<w:p><w:r><w:drawing><wp:inline><wp:docPr id="1" name="p" descr="{alt}"/><a:graphic><a:graphicData><pic:pic>'
        f"<pic:blipFill><a:blip {relation}/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>"
        "</w:drawing></w:r></w:p>"
    )


def docx(
    *body: str, title: str = "", relations: str = "", more: dict[str, bytes] | None = None, head: str = ""
) -> bytes:
    spaces = (
        f'xmlns:w="{W}" xmlns:r="{R}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
        'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
    )
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}"><w:name w:val="heading {n}"/></w:style>'
        for n in range(1, 10)
    )
    level = '<w:lvl w:ilvl="{0}"><w:numFmt w:val="{1}"/></w:lvl>'
    kinds = ("decimal", "bullet")
    numbering = "".join(
        f'<w:abstractNum w:abstractNumId="{n}">'
        + "".join(level.format(depth, kind) for depth in range(9))
        + "</w:abstractNum>"
        for n, kind in enumerate(kinds)
    ) + "".join(f'<w:num w:numId="{n + 1}"><w:abstractNumId w:val="{n}"/></w:num>' for n in range(len(kinds)))
    relation = f'<Relationship Id="{{}}" Type="{R}/{{}}" Target="{{}}"/>'
    package = "http://schemas.openxmlformats.org/package/2006"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Default Extension="xml" ContentType="{_TYPES}.x"/>'
        f'<Override PartName="/word/document.xml" ContentType="{_TYPES}.document.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f"{relation.format('r1', 'officeDocument', 'word/document.xml')}</Relationships>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f"{relation.format('rS', 'styles', 'styles.xml')}{relation.format('rN', 'numbering', 'numbering.xml')}"
        f"{relation.format('rPicture', 'image', 'media/image1.png')}{relations}</Relationships>",
        "word/document.xml": f"{head}<w:document {spaces}><w:body>{''.join(body)}</w:body></w:document>",
        "word/styles.xml": f'<w:styles xmlns:w="{W}">{styles}</w:styles>',
        "word/numbering.xml": f'<w:numbering xmlns:w="{W}">{numbering}</w:numbering>',
        "docProps/core.xml": f'<core xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></core>',
    }
    return packed(
        {name: text.encode() for name, text in parts.items()} | {"word/media/image1.png": b"\x89PNG"} | (more or {})
    )


def packed(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()
