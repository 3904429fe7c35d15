"""What a browser sent in a form: read within limits, then asked for by name."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from app.console.policy import Rule

MOST_FIELDS = 500
MOST_FILES = 20
TOKEN = "_token"  # noqa: S105 -- the field's name


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and files by name; what was not sent is empty."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, Sequence[UploadFile]] = field(default_factory=dict)

    def text(self, name: str, *, longest: int = 1000) -> str:
        """The first value, trimmed, without control characters but line ends, never longer than `longest`."""
        kept = (sign for sign in self.raw(name) if sign.isprintable() or sign in "\n\t")
        return "".join(kept).strip()[:longest]

    def raw(self, name: str) -> str:
        """The first value as it was sent, for passwords."""
        values = self.fields.get(name, ())
        return values[0].replace("\r\n", "\n") if values else ""

    def many(self, name: str) -> tuple[str, ...]:
        """All values of checkboxes and lists."""
        return tuple(self.fields.get(name, ()))

    def has(self, name: str) -> bool:
        """Whether it was sent at all: a checkbox that is on, the button that was pressed."""
        return name in self.fields

    def number(self, name: str, *, least: int, most: int) -> int | None:
        """A whole number between two; None when it is none."""
        text = self.text(name, longest=20)
        value = int(text) if text.isascii() and text.lstrip("-").isdigit() else None
        return value if value is not None and least <= value <= most else None


async def read_form(request: Request, rule: Rule) -> Form:
    """Read a body of at most `rule.largest` bytes; raises HTTPException 400, 413 or 415."""
    body = await _body(request, rule.largest)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data" and rule.files:
        return await _multipart(request.headers, body)
    if kind != "application/x-www-form-urlencoded" and body:
        raise HTTPException(415)
    return _form(_pairs(body))


async def _body(request: Request, largest: int) -> bytes:
    """Stop reading at the limit, whatever the header promises."""
    told = request.headers.get("content-length", "0")
    if not told.isdigit() or int(told) > largest:
        raise HTTPException(413 if told.isdigit() else 400)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > largest:
            raise HTTPException(413)
    return bytes(body)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode("utf8"), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:  # UnicodeDecodeError is one
        raise HTTPException(400) from error


async def _multipart(headers: Headers, body: bytes) -> Form:
    parser = MultiPartParser(
        headers, _piece(body), max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=len(body)
    )
    try:
        data: FormData = await parser.parse()
    except MultiPartException as error:
        raise HTTPException(400) from error
    texts = [(name, value) for name, value in data.multi_items() if isinstance(value, str)]
    files: dict[str, list[UploadFile]] = {}
    for name, value in data.multi_items():
        if isinstance(value, UploadFile) and value.filename:
            files.setdefault(name, []).append(value)
        elif isinstance(value, UploadFile):
            await value.close()  # a browser sends an empty one for a field in which nothing was chosen
    return Form(_form(texts).fields, files)


async def _piece(body: bytes) -> AsyncGenerator[bytes, None]:
    yield body


def _form(pairs: Sequence[tuple[str, str]]) -> Form:
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return Form(fields)
