"""Hides from a process's own index what the table of articles has lost, where the store keeps no index to follow."""

import asyncio
import logging
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from app.db.engine import Database
from app.errors import RecadoError
from app.knowledge.articles import audiences
from app.knowledge.hiding import hide
from app.knowledge.pointer import look

log = logging.getLogger(__name__)


async def hide_what_goes(database: Database, root: Path, every: timedelta) -> None:
    """Look for ever: what a page or a run deletes or restricts is not found any more, long before a new index is."""
    seen = -1
    while True:
        try:
            changes = (await database.read(look)).changes
            if changes != seen:
                await asyncio.to_thread(hide, root, await database.read(audiences))
                seen = changes
        except (RecadoError, SQLAlchemyError, OSError) as error:  # their text may hold data
            log.error("What is deleted cannot be hidden now (%s); it is tried again.", type(error).__name__)  # noqa: TRY400 -- as said
        await asyncio.sleep(every.total_seconds())
