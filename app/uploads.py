"""Files that staff give us: known by their content whatever they are called, limited, and kept under random names."""

import io
import re
import secrets
import unicodedata
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path, PurePath

from app.whatsapp.limits import MB, MEDIA_SIZES

UPLOADS = "uploads"  # below the data directory that all processes share
LARGEST = 20 * MB  # of any file: what a desk sends; Meta would take documents of 100 MB
LONGEST_NAME = 120  # characters
MOST_ENTRIES, LARGEST_UNPACKED, LARGEST_RATIO = 1_000, 100 * MB, 100  # of an office file, which is a ZIP archive
HEAD = 4096  # bytes that are looked at for a mark
CSV = "text/csv"  # never sent to WhatsApp: for lists of employees and the like
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})

ENDINGS: dict[str, frozenset[str]] = {
    "image/jpeg": frozenset({".jpg", ".jpeg"}),
    "image/png": frozenset({".png"}),
    "image/webp": frozenset({".webp"}),
    "audio/aac": frozenset({".aac"}),
    "audio/amr": frozenset({".amr"}),
    "audio/mpeg": frozenset({".mp3"}),
    "audio/mp4": frozenset({".m4a"}),
    "audio/ogg": frozenset({".ogg", ".opus"}),
    "video/mp4": frozenset({".mp4"}),
    "video/3gpp": frozenset({".3gp"}),
    "text/plain": frozenset({".txt", ".log"}),
    CSV: frozenset({".csv"}),
    "application/pdf": frozenset({".pdf"}),
    "application/msword": frozenset({".doc"}),
    "application/vnd.ms-excel": frozenset({".xls"}),
    "application/vnd.ms-powerpoint": frozenset({".ppt"}),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": frozenset({".docx"}),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": frozenset({".xlsx"}),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": frozenset({".pptx"}),
}
OFFICE = "application/vnd.openxmlformats-officedocument."
PARTS = {  # what an office file of each kind has inside
    "word/document.xml": f"{OFFICE}wordprocessingml.document",
    "xl/workbook.xml": f"{OFFICE}spreadsheetml.sheet",
    "ppt/presentation.xml": f"{OFFICE}presentationml.presentation",
}
STREAMS = {  # names of streams in the old office formats, which are one container
    "WordDocument": "application/msword",
    "Workbook": "application/vnd.ms-excel",
    "Book": "application/vnd.ms-excel",
    "PowerPoint Document": "application/vnd.ms-powerpoint",
}
MARKS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR", "audio/amr"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
)
MPEG_LAYER_3, ADTS = 0b01, 0b00  # the two bits behind an audio frame's version
FAMILIES = {b"M4A ": "audio/mp4", b"M4B ": "audio/mp4", b"3gp": "video/3gpp", b"3g2": "video/3gpp"}
MOVIES = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", b"MSNV")


class UploadRefusedError(Exception):
    """A file is not taken; `reason` is a word that pages have a sentence for (`errors.upload.REASON`)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is what it says. `name` is for people, never for a path."""

    name: str
    media_type: str
    content: bytes


def check_upload(name: str, content: bytes, taken: Collection[str] = MEDIA_SIZES) -> Upload:
    """Look a file over; `taken` are the media types wanted, as a rule those that WhatsApp takes.

    Raises:
        UploadRefusedError: empty, too_large, type (not one of those), or lies (it is not what its name says).
    """
    if not content:
        raise UploadRefusedError("empty")
    shown = clean_name(name)
    ending = PurePath(shown).suffix.lower()
    media_type = next((one for one, endings in ENDINGS.items() if one in taken and ending in endings), "")
    if not media_type:
        raise UploadRefusedError("type")
    if len(content) > min(LARGEST, MEDIA_SIZES.get(media_type, LARGEST)):
        raise UploadRefusedError("too_large")
    found = media_type_of(content)
    if found != media_type and not (found == "text/plain" and media_type == CSV):
        raise UploadRefusedError("lies")
    return Upload(shown, media_type, content)


def keep_upload(data_dir: Path, upload: Upload) -> str:
    """Store it under a name nobody guesses; returns its path below the data directory. Blocks for the disk."""
    folder = data_dir / UPLOADS
    folder.mkdir(exist_ok=True, mode=0o700)
    path = folder / secrets.token_hex(16)
    with path.open("xb") as file:
        path.chmod(0o600)
        file.write(upload.content)
    return str(path.relative_to(data_dir))


def stored_path(data_dir: Path, path: str) -> Path | None:
    """Where a stored file is; None when it is gone or the path leads out of the data directory."""
    root = data_dir.resolve()
    found = (root / path).resolve()
    return found if path and found.is_relative_to(root) and found.is_file() else None


def clean_name(name: str) -> str:
    """A file's name without folders, control characters and what turns text around; never empty, never hidden."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*')
    kept = " ".join(kept.split()).strip(". ")
    stem, ending = PurePath(kept).stem, PurePath(kept).suffix
    return f"{stem[: LONGEST_NAME - len(ending)]}{ending}"[:LONGEST_NAME] or "file"


def media_type_of(content: bytes) -> str:
    """What a file is by its content, of the types we know; "" for all others. Text is "text/plain"."""
    head = content[:HEAD]
    marked = next((kind for mark, kind in MARKS if head.startswith(mark)), "")
    return marked or _of_container(head) or _of_frames(head) or _of_office(content) or _of_text(content)


def _of_container(head: bytes) -> str:
    """RIFF's WebP, and the films and sounds of ISO's container by their brand."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] != b"ftyp":
        return ""
    brand = head[8:12]
    family = next((kind for start, kind in FAMILIES.items() if brand.startswith(start)), "")
    return family or ("video/mp4" if brand in MOVIES else "")


def _of_frames(head: bytes) -> str:
    """Sound without a header: eleven set bits begin a frame, its layer says which kind."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    layer = head[1] >> 1 & 0b11
    if layer == ADTS:
        return "audio/aac" if head[1] & 0xF0 == 0xF0 else ""
    return "audio/mpeg" if layer == MPEG_LAYER_3 else ""


def _of_office(content: bytes) -> str:
    if content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return next((kind for name, kind in STREAMS.items() if name.encode("utf-16-le") in content), "")
    return _of_archive(content) if content.startswith(b"PK\x03\x04") else ""


def _of_archive(content: bytes) -> str:
    """An office file without macros that unpacks to something of a sensible size."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return ""
    names = {entry.filename for entry in entries}
    unpacked = sum(entry.file_size for entry in entries)
    too_much = unpacked > min(LARGEST_UNPACKED, max(MB, len(content) * LARGEST_RATIO))
    has_macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    if len(entries) > MOST_ENTRIES or too_much or has_macros or "[Content_Types].xml" not in names:
        return ""
    return next((kind for part, kind in PARTS.items() if part in names), "")


def _of_text(content: bytes) -> str:
    """UTF-8 with nothing in it that no text editor writes, and no page in disguise."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return ""
    if any(sign < " " and sign not in "\t\n\r\f" for sign in set(text)):
        return ""
    is_page = re.match(r"\s*(?:<\?xml|<!--|<!doctype|<(?:html|head|body|script|svg|iframe)\b)", text, re.IGNORECASE)
    return "" if is_page else "text/plain"
