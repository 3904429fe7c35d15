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
from app.knowledge.models import IndexPiece, IndexRevision
from app.knowledge.pointer import locked
from retrieval.articles import corpus_fingerprint
from retrieval.parcel import Packing, Parcel, ParcelDamagedError, Unpacking, leave_note

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


async def publish(database: Database, folder: Path) -> None:
    """Put a built revision that nobody has opened yet into the store and point every worker to it.

    Raises SyncError when somebody else published, or articles changed, meanwhile.
    """
    await database.write(_forget_unfinished)
    packing, size, number = Packing(folder), 0, 0
    pieces = packing.pieces()
    while (content := await asyncio.to_thread(next, pieces, None)) is not None:
        await database.write(partial(_keep_piece, revision=folder.name, number=number, content=content))
        size, number = size + len(content), number + 1
    parcel, now = packing.parcel(), datetime.now(UTC)
    await database.write(lambda session: _point(session, parcel, size, now))
    await asyncio.to_thread(leave_note, folder, parcel)


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
    there = session.scalar(select(func.count()).select_from(IndexPiece).where(IndexPiece.revision == name))
    if there != len(parcel.pieces):
        raise SyncError("Another synchronisation overtook this one; run it again.")
    if corpus_fingerprint(fingerprints(session)) != parcel.manifest.corpus:
        raise SyncError("Articles were changed while the index was built; run the synchronisation again.")
    session.merge(IndexRevision(name=name, parcel=parcel.model_dump(mode="json"), size=size, published_at=now))
    if row.revision != name:
        row.previous, row.revision = row.revision, name
    kept = (row.revision, row.previous)
    session.execute(delete(IndexRevision).where(IndexRevision.name.not_in(kept)))
    session.execute(delete(IndexPiece).where(IndexPiece.revision.not_in(kept)))
