"""The index in the store: published in pieces by who builds it, fetched piece by piece by every worker.

A revision is there once its row in `index_revision` is, which comes with the pointer in one transaction after all its
pieces: whoever dies before leaves pieces that nobody looks at and the next publisher removes.
"""

import asyncio
import shutil
import uuid
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.knowledge.articles import fingerprints
from app.knowledge.errors import CopyError, SyncError
from app.knowledge.models import IndexPiece, IndexPointer, IndexRevision
from app.knowledge.pointer import locked
from retrieval.articles import corpus_fingerprint
from retrieval.parcel import PIECE, Packing, Parcel, ParcelDamagedError, Unpacking, leave_note
from retrieval.revision import revision_of
from retrieval.stages import Progress, silent

SCRATCH = "fetching"  # below the knowledge folder; whatever lies there is unfinished


def stored(session: Session, revision: str) -> Parcel | None:
    """What a published revision holds; None when it is not in the store, raises CopyError when that is unreadable."""
    row = session.get(IndexRevision, revision)
    try:
        return Parcel.model_validate(row.parcel) if row else None
    except ValidationError:
        raise CopyError(f"The stored knowledge index {revision} was built by another version or is damaged.") from None


def piece(session: Session, revision: str, number: int) -> bytes:
    """One piece as it was packed; empty, which no piece is, when it is missing."""
    one = (IndexPiece.revision == revision, IndexPiece.number == number)
    return session.scalar(select(IndexPiece.content).where(*one)) or b""


async def publish(database: Database, folder: Path, progress: Progress = silent) -> None:
    """Put a built revision that nobody has opened yet into the store and point every worker to it.

    Raises SyncError when somebody else published, or articles changed, meanwhile.
    """
    parcel, size = await _send(database, folder, progress)
    await database.write(partial(_point, parcel=parcel, size=size, now=datetime.now(UTC)))
    await asyncio.to_thread(leave_note, folder, parcel)


async def publish_previous(database: Database, folder: Path, instead: str) -> None:
    """Put a built revision into the store as the one to go back to, `instead` of another, which is forgotten.

    Raises SyncError when that one is not the one to go back to any more.
    """
    parcel, size = await _send(database, folder, silent)
    await database.write(
        partial(_point_back, parcel=parcel, size=size, now=datetime.now(UTC), instead=revision_of(instead))
    )
    await asyncio.to_thread(leave_note, folder, parcel)


def forget_previous(session: Session, folder: str) -> None:
    """Nobody can go back to what is in this folder any more."""
    row = locked(session)
    if row.previous == revision_of(folder):
        row.previous = ""
    _forget_others(session, row)


async def _send(database: Database, folder: Path, progress: Progress) -> tuple[Parcel, int]:
    """All pieces into the store, where nobody looks at them yet; returns what they are, and their bytes."""
    await database.write(_forget_unfinished)
    packing, size, number = Packing(folder), 0, 0
    pieces, total = packing.pieces(), await asyncio.to_thread(_bytes, folder)
    while (content := await asyncio.to_thread(next, pieces, None)) is not None:
        await database.write(partial(_keep_piece, revision=folder.name, number=number, content=content))
        size, number = size + len(content), number + 1
        progress("publishing", min(number * PIECE, total), total)
    return packing.parcel(), size


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


async def fetch(database: Database, root: Path, revision: str) -> Path:
    """A finished, verified folder of its own with this revision; raises CopyError. Nothing points to it yet."""
    parcel = await database.read(lambda session: stored(session, revision))
    if parcel is None:
        raise CopyError(f"The knowledge index {revision} is not in the store any more.")
    scratch = root / SCRATCH
    await asyncio.to_thread(shutil.rmtree, scratch, ignore_errors=True)
    unpacking = Unpacking(parcel, scratch)
    try:
        for number in range(len(parcel.pieces)):
            content = await database.read(partial(piece, revision=revision, number=number))
            await asyncio.to_thread(unpacking.add, content)
        await asyncio.to_thread(unpacking.finish)
    except ParcelDamagedError as error:
        raise CopyError(
            f"The stored knowledge index {revision} cannot be used: {error}; run: recado kb sync --rebuild"
        ) from error
    finally:
        unpacking.close()
    return scratch.rename(root / f"{revision}.{uuid.uuid4().hex[:6]}")


def _forget_unfinished(session: Session) -> None:
    session.execute(delete(IndexPiece).where(IndexPiece.revision.not_in(select(IndexRevision.name))))


def _keep_piece(session: Session, revision: str, number: int, content: bytes) -> None:
    session.merge(IndexPiece(revision=revision, number=number, content=content))  # an unconfirmed write comes again


def _point(session: Session, parcel: Parcel, size: int, now: datetime) -> None:
    """The step that makes it the revision: with it the one before stays, everything older goes."""
    row, name = locked(session), parcel.manifest.revision
    _check_whole(session, parcel)
    if corpus_fingerprint(fingerprints(session)) != parcel.manifest.corpus:
        raise SyncError("Articles were changed while the index was built; run the synchronisation again.")
    session.merge(IndexRevision(name=name, parcel=parcel.model_dump(mode="json"), size=size, published_at=now))
    if row.revision != name:
        row.previous, row.revision = row.revision, name
    _forget_others(session, row)


def _point_back(session: Session, parcel: Parcel, size: int, now: datetime, instead: str) -> None:
    """The same for the one to go back to."""
    row, name = locked(session), parcel.manifest.revision
    _check_whole(session, parcel)
    if row.previous != instead:
        raise SyncError("Another synchronisation overtook this one; run it again.")
    session.merge(IndexRevision(name=name, parcel=parcel.model_dump(mode="json"), size=size, published_at=now))
    row.previous = name
    _forget_others(session, row)


def _check_whole(session: Session, parcel: Parcel) -> None:
    mine = IndexPiece.revision == parcel.manifest.revision
    if session.scalar(select(func.count()).select_from(IndexPiece).where(mine)) != len(parcel.pieces):
        raise SyncError("Another synchronisation overtook this one; run it again.")


def _forget_others(session: Session, row: IndexPointer) -> None:
    kept = (row.revision, row.previous)
    session.execute(delete(IndexRevision).where(IndexRevision.name.not_in(kept)))
    session.execute(delete(IndexPiece).where(IndexPiece.revision.not_in(kept)))
