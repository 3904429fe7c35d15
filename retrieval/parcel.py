"""A revision's folder as a row of pieces of a few megabytes, and back: each file arrives as it left, or not at all."""

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Annotated, BinaryIO

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from retrieval.revision import Manifest, read_manifest

PIECE = 4 * 2**20  # bytes before packing: a row of the store, and what a worker holds in memory at once
BLOCK = 2**20  # bytes read at a time
WORTH_PACKING = 0.9  # vectors hardly shrink: a piece that keeps more than this share of its size travels as it is
NOTE = "parcel.json"  # beside a copy's files: what they should be
CHANGED_BY_READING = frozenset({"chroma/chroma.sqlite3"})  # Chroma keeps house in it when it opens it
_NEVER_SENT = frozenset({NOTE, "chroma/.lock"})
_PACKED, _PLAIN = b"z", b"="


class ParcelDamagedError(Exception):
    """What arrived is not what was sent; the message says which part."""


def _below(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or PurePosixPath(path).is_absolute() or ".." in parts or "\\" in path:
        raise ValueError("leads out of its folder")
    return path


class File(BaseModel):
    """One file of a revision, by its path below the folder."""

    model_config = ConfigDict(frozen=True)

    path: Annotated[str, AfterValidator(_below)]
    size: int  # bytes
    sha256: str


class Parcel(BaseModel):
    """What a revision holds and in which pieces it travels."""

    model_config = ConfigDict(frozen=True)

    manifest: Manifest
    files: tuple[File, ...]  # in the order of their bytes
    pieces: tuple[str, ...]  # sha256 of each as stored


class Packing:
    """Reads a folder nobody writes to, once; `parcel` says what it was when the last piece is out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: list[File] = []
        self._pieces: list[str] = []
        self._rest = bytearray()

    def pieces(self) -> Iterator[bytes]:
        """The files' bytes one after the other, cut and packed."""
        for path in sorted(file for file in self._folder.rglob("*") if file.is_file()):
            name = path.relative_to(self._folder).as_posix()
            if name not in _NEVER_SENT:
                yield from self._of(path, name)
        if self._rest:
            yield self._cut()

    def parcel(self) -> Parcel:
        """What came out of `pieces`."""
        return Parcel(manifest=read_manifest(self._folder), files=tuple(self._files), pieces=tuple(self._pieces))

    def _of(self, path: Path, name: str) -> Iterator[bytes]:
        seen, size = hashlib.sha256(), 0
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                seen.update(block)
                size += len(block)
                self._rest += block
                while len(self._rest) >= PIECE:
                    yield self._cut()
        self._files.append(File(path=name, size=size, sha256=seen.hexdigest()))

    def _cut(self) -> bytes:
        plain = bytes(self._rest[:PIECE])
        del self._rest[:PIECE]
        packed = zlib.compress(plain, 1)
        piece = _PACKED + packed if len(packed) < WORTH_PACKING * len(plain) else _PLAIN + plain
        self._pieces.append(hashlib.sha256(piece).hexdigest())
        return piece


class Unpacking:
    """Writes a folder from a parcel's pieces, given in their order; nothing may use the folder before `finish`."""

    def __init__(self, parcel: Parcel, folder: Path) -> None:
        self._parcel = parcel
        self._folder = folder
        self._coming = iter(parcel.files)
        self._stream: BinaryIO | None = None
        self._left = 0  # bytes of the file being written that are still to come
        self._taken = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece; raises ParcelDamagedError when it is another than was sent, OSError as files do."""
        expected = self._parcel.pieces[self._taken] if self._taken < len(self._parcel.pieces) else ""
        self._taken += 1
        data = memoryview(opened(piece, expected, self._taken))
        while data:
            if not self._left and not self._open_next():
                raise ParcelDamagedError("more arrived than was sent")
            if self._stream:
                self._stream.write(data[: self._left])
            data, self._left = data[self._left :], max(0, self._left - len(data))

    def finish(self) -> None:
        """Raise ParcelDamagedError unless every file is there as it was; then leave the note that says so."""
        while self._open_next():
            continue  # empty files, or what never came
        wrong = differences(self._folder, self._parcel, read=False)
        if wrong:
            raise ParcelDamagedError(f"{wrong[0]} is not as it was sent")
        leave_note(self._folder, self._parcel)

    def close(self) -> None:
        """Let go of the file being written."""
        if self._stream:
            self._stream.close()
            self._stream = None

    def _open_next(self) -> bool:
        self.close()
        file = next(self._coming, None)
        if file is None:
            return False
        path = self._folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream, self._left = path.open("wb"), file.size
        return True


def opened(piece: bytes, sha256: str, number: int) -> bytes:
    """The bytes in a stored piece; raises ParcelDamagedError when it is not the one with this sha256."""
    if hashlib.sha256(piece).hexdigest() != sha256:
        raise ParcelDamagedError(f"piece {number} is damaged")
    if piece[:1] != _PACKED:
        return piece[1:]
    try:
        return zlib.decompressobj().decompress(piece[1:], PIECE)
    except zlib.error as error:
        raise ParcelDamagedError(f"piece {number} cannot be unpacked") from error


def differences(folder: Path, parcel: Parcel, *, read: bool = True) -> list[str]:
    """Files of a copy that are missing or other than sent; `read` = Chroma may have opened it meanwhile."""
    wrong = []
    for file in parcel.files:
        path = folder / file.path
        if not path.is_file():
            wrong.append(file.path)
        elif not (read and file.path in CHANGED_BY_READING):
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            if found != file.sha256:
                wrong.append(file.path)
    return wrong


def is_whole(folder: Path, parcel: Parcel) -> bool:
    """Whether every file is there in its size: what can be asked every few seconds."""
    try:
        return all(
            (folder / file.path).stat().st_size == file.size or file.path in CHANGED_BY_READING for file in parcel.files
        )
    except OSError:
        return False


def leave_note(folder: Path, parcel: Parcel) -> None:
    """Write beside the files what they should be."""
    (folder / NOTE).write_text(parcel.model_dump_json() + "\n", "utf-8")


def read_note(folder: Path) -> Parcel | None:
    """What a copy should be; None for a folder that never travelled, or whose note is damaged."""
    try:
        return Parcel.model_validate_json((folder / NOTE).read_bytes())
    except (OSError, ValidationError):
        return None
