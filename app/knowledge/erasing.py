"""What was deleted leaves every search at once; the index is built without it as soon as nothing else is under way."""

import asyncio
from datetime import timedelta
from functools import partial

from sqlalchemy.orm import Session

from app.container import Clock, House
from app.db.engine import Database
from app.errors import StoreUnavailableError
from app.knowledge.articles import audiences
from app.knowledge.errors import SyncError
from app.knowledge.hiding import hide
from app.knowledge.runs import ask
from retrieval.revision import FOLDER

AGAIN = timedelta(seconds=2)  # between two looks at whether another synchronisation has ended


async def hide_deleted(house: House) -> None:
    """Let nobody find what the table of articles does not hold any more; workers elsewhere look every few seconds."""
    readers = await house.database.read(audiences)
    await asyncio.to_thread(hide, house.data_dir / FOLDER, readers)


async def index_soon(database: Database, clock: Clock, by: str) -> None:
    """Ask for the index to be built again, which erases the texts too; what is under way may have read them already."""
    while not await _asked(database, clock, by):  # noqa: ASYNC110 -- what ends may be in another process
        await asyncio.sleep(AGAIN.total_seconds())


async def _asked(database: Database, clock: Clock, by: str) -> bool:
    try:
        await database.write(partial(_ask, clock=clock, by=by))
    except (SyncError, StoreUnavailableError):
        return False
    return True


def _ask(session: Session, clock: Clock, by: str) -> int:
    return ask(session, (), by=by, now=clock())
