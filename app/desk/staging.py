"""Files that somebody uploaded to look at before they take effect: kept for an hour, for who brought them."""

import secrets
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.desk.models import StagedFile

Kind = Literal["employees", "catalogue"]
KEPT = timedelta(hours=1)


def stage(session: Session, file: StagedFile) -> str:
    """Keep a file's text; returns the name to ask for it by."""
    file.id = secrets.token_urlsafe(16)
    session.add(file)
    session.flush()
    return file.id


def staged_file(session: Session, staged: str, kind: Kind, *, staff_id: int, now: datetime) -> StagedFile | None:
    """Find a file that this person brought within the hour."""
    row = session.get(StagedFile, staged)
    is_theirs = row is not None and (row.kind, row.staff_id) == (kind, staff_id) and row.at > now - KEPT
    return row if is_theirs else None


def forget_staged(session: Session, now: datetime) -> None:
    """Drop what nobody confirmed."""
    session.execute(delete(StagedFile).where(StagedFile.at <= now - KEPT))
