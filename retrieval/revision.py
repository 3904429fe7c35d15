"""Revisions of the index on disk: one folder each, a manifest in it, and a pointer that is swapped in one step.

`CURRENT` and `PREVIOUS` hold folder names; `withdrawn.json` the keys of articles that no revision may show. A folder is
named like its revision; a copy that was fetched adds something of its own, so that two fetches never meet.
"""

import json
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from retrieval.chunks import CHUNKER
from retrieval.passage import Language

FORMAT = 4  # of the folder; a revision of another format is never opened
FOLDER = "knowledge"  # below the data directory: revisions, model and vector cache; all of it can be built again
_REVISION = re.compile(r"\d{8}T\d{6}-[0-9a-f]{6}(\.[0-9a-f]{6}|\.building)?")


class IndexUnusableError(Exception):
    """The index cannot be used; the message says what to do."""


class Count(BaseModel):
    """How much a language holds."""

    model_config = ConfigDict(frozen=True)

    articles: int
    chunks: int


class Manifest(BaseModel):
    """What a revision was built from and with; anything that differs makes it unusable."""

    model_config = ConfigDict(frozen=True)

    revision: str
    format: Literal[4]
    chunker: str
    embedder: str  # model id with the start of its sha256; "" = no vectors
    dimension: int
    corpus: str  # `articles.corpus_fingerprint` of what was indexed
    languages: dict[Language, Count]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """The last file of a build: a folder without it is none."""
    (folder / "manifest.json").write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Raises IndexUnusableError when it is missing, damaged or of another version."""
    try:
        manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
    except OSError:
        raise IndexUnusableError(f"{_told(folder)} has no manifest.") from None
    except ValidationError:
        raise IndexUnusableError(f"{_told(folder)} was built by another version or is damaged.") from None
    if manifest.chunker != CHUNKER or manifest.format != FORMAT:
        raise IndexUnusableError(f"{_told(folder)} was built by another version.")
    return manifest


def _told(folder: Path) -> str:
    return f"The knowledge index {folder.name} must be built again (recado kb sync): it"


def pointed(root: Path, pointer: str = "CURRENT") -> Path | None:
    """The folder a pointer names; None when there is none yet."""
    try:
        name = (root / pointer).read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    if not _REVISION.fullmatch(name):
        raise IndexUnusableError(f"{root / pointer} names no revision; run: recado kb sync")
    return root / name


def revision_of(folder: str) -> str:
    """The revision in a folder of this name."""
    return folder.partition(".")[0]


def folders(root: Path) -> list[Path]:
    """Every revision that lies here, finished or not."""
    return [folder for folder in root.iterdir() if _REVISION.fullmatch(folder.name)] if root.is_dir() else []


def swap(root: Path, revision: str) -> None:
    """Make the folder `revision` the current one; the former becomes the previous, and older folders go."""
    former = pointed(root)
    if former is not None and former.name != revision:
        _replace(root / "PREVIOUS", former.name + "\n")
    _replace(root / "CURRENT", revision + "\n")
    _clear(root)


def swap_previous(root: Path, revision: str) -> None:
    """Make the folder `revision` the one to go back to, or none ("") when it must not be gone back to."""
    if revision:
        _replace(root / "PREVIOUS", revision + "\n")
    else:
        (root / "PREVIOUS").unlink(missing_ok=True)
    _clear(root)


def clear_unfinished(root: Path) -> None:
    """Remove what somebody left who died while building, fetching or writing a pointer; nobody else is at work here."""
    for left in (*root.glob("*.building"), *root.glob(".articles-*"), root / "fetching"):
        shutil.rmtree(left, ignore_errors=True)
    for left in root.glob("*.tmp"):
        left.unlink(missing_ok=True)
    _clear(root)


def _clear(root: Path) -> None:
    """Remove every folder that no pointer names; none as long as a pointer cannot be read."""
    try:
        kept = {folder.name for pointer in ("CURRENT", "PREVIOUS") if (folder := pointed(root, pointer))}
    except IndexUnusableError:
        return
    for folder in folders(root):
        if folder.name not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def roll_back(root: Path) -> str:
    """Make the previous revision the current one; returns its name, raises IndexUnusableError when there is none."""
    previous = pointed(root, "PREVIOUS")
    if previous is None or not previous.is_dir():
        raise IndexUnusableError("There is no previous revision of the knowledge index to go back to.")
    read_manifest(previous)
    swap(root, previous.name)
    return previous.name


def withdrawn(root: Path) -> frozenset[str]:
    """Keys of articles that must not be shown whatever the current revision holds; raises IndexUnusableError."""
    try:
        keys = json.loads((root / "withdrawn.json").read_bytes())
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, RecursionError):
        keys = None
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise IndexUnusableError(f"{root / 'withdrawn.json'} is damaged; run: recado kb sync")
    return frozenset(keys)


def withdraw(root: Path, keys: Iterable[str]) -> None:
    """Set the articles that must not be shown, at once and before any rebuild."""
    root.mkdir(parents=True, exist_ok=True)
    _replace(root / "withdrawn.json", json.dumps(sorted(keys)) + "\n")


def _replace(file: Path, text: str) -> None:
    temporary = file.with_name(f"{file.name}.{os.getpid()}.tmp")
    with temporary.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(temporary, file)  # noqa: PTH105 -- the call that is atomic on every platform
