"""A worker's private copy of the index, kept equal to what the store points to while it is searched."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from app.db.engine import Database
from app.errors import RecadoError
from app.knowledge.articles import audiences
from app.knowledge.errors import CopyError
from app.knowledge.hiding import current, hide
from app.knowledge.lock import alone
from app.knowledge.pointer import look
from app.knowledge.shipping import fetch
from app.memory import give_back
from retrieval.parcel import differences, is_whole, read_note
from retrieval.revision import IndexUnusableError, folders, pointed, revision_of, swap, swap_previous, withdrawn

if TYPE_CHECKING:  # brings scipy, which a synchronisation that finds nothing changed need not wait for
    from retrieval.knowledge import KnowledgeBase

log = logging.getLogger(__name__)

AGAIN_SECONDS = 30.0  # between two tries to fetch a revision that could not be used


class PrivateCopy:
    """Looks at the store's pointer every few seconds; `trouble` says what keeps this worker from the newest index."""

    def __init__(self, database: Database, root: Path, knowledge: "KnowledgeBase") -> None:
        self._database, self._root, self._knowledge = database, root, knowledge
        self._changes = -1  # the pointer's, when what must be hidden was last worked out
        self._compared = ""  # the folder whose every byte was looked at in this process
        self._as_published = ""  # a folder that was fetched with damaged vectors: fetching again would not help
        self._refused, self._again_at = "", 0.0  # the revision that could not be used, and when it is tried again
        self.trouble = ""

    async def begin(self) -> None:
        """Before the first question: hide what is gone, and fetch at once if there is nothing to search."""
        await self._telling(self._hide if self._knowledge.revision else self._look)

    async def look(self) -> None:
        """Hide what changed articles demand and take up the revision pointed to; what fails is told, not raised."""
        await self._telling(self._look)

    async def follow(self, every: timedelta) -> None:
        """Look for ever."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("looking after the knowledge index failed; it is looked at again")
            await asyncio.sleep(every.total_seconds())

    async def _telling(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except (RecadoError, IndexUnusableError) as error:
            trouble = str(error)
        except (SQLAlchemyError, OSError) as error:  # their text may hold data
            trouble = f"The knowledge index cannot be looked after ({type(error).__name__})."
        else:
            trouble = ""
        if trouble and trouble != self.trouble:
            log.error("%s Searching revision %s.", trouble, self._knowledge.revision or "none")
        self.trouble = trouble

    async def _look(self) -> None:
        pointer = await self._database.read(look)
        if pointer.changes != self._changes or await asyncio.to_thread(self._is_blind):
            await self._hide()
            self._changes = pointer.changes
        if not pointer.revision or await asyncio.to_thread(self._is_current, pointer.revision):
            await self._let_go(pointer.previous)
            return
        if pointer.revision == self._refused and time.monotonic() < self._again_at:
            raise CopyError(self.trouble)
        self._refused, self._again_at = pointer.revision, time.monotonic() + AGAIN_SECONDS
        bad = self._knowledge.folder  # if it holds this revision, something is wrong with it
        folder = await sound_copy(self._database, self._root, pointer.revision, without=bad)
        await self._take_up(folder)
        self._as_published = folder.name if self._knowledge.is_damaged else ""
        self._refused = ""
        await self._let_go(pointer.previous)

    async def _take_up(self, folder: Path) -> None:
        """Search another folder from now on; until it is open the old one is searched."""
        async with alone(self._root):
            await self._hide(folder)
            await asyncio.to_thread(self._knowledge.adopt, folder.name)
        self._compared = folder.name
        await self._hide()
        await asyncio.to_thread(give_back)
        log.info("the knowledge index is now revision %s", self._knowledge.revision)

    async def _let_go(self, previous: str) -> None:
        """Remove what is kept here for going back when the store keeps another: it held what was deleted since."""
        if await asyncio.to_thread(_keeps_another, self._root, previous):
            async with alone(self._root):
                await asyncio.to_thread(swap_previous, self._root, "")

    async def _hide(self, *following: Path) -> None:
        readers = await self._database.read(audiences)
        await asyncio.to_thread(hide, self._root, readers, following)

    def _is_blind(self) -> bool:
        try:
            withdrawn(self._root)
        except IndexUnusableError:
            return True
        return False

    def _is_current(self, revision: str) -> bool:
        """Whether the folder searched is a sound copy of this revision: each byte once, then its files' sizes."""
        folder = _copy_of(revision, current(self._root))
        if folder is None or folder.name != self._knowledge.folder:
            return False
        if self._knowledge.is_damaged and folder.name != self._as_published:
            return False
        if folder.name != self._compared and not _is_sound(folder):
            return False
        self._compared = folder.name
        note = read_note(folder)
        return note is not None and is_whole(folder, note)


async def catch_up(database: Database, root: Path) -> None:
    """Make the revision pointed to the current one here, as commands do; raises CopyError. Hold `alone` meanwhile."""
    revision = (await database.read(look)).revision
    here = await asyncio.to_thread(current, root)
    if revision and not await asyncio.to_thread(_copy_of, revision, here):
        folder = await sound_copy(database, root, revision)
        await asyncio.to_thread(swap, root, folder.name)


async def bring_up_to_date(database: Database, root: Path) -> None:
    """The same with the lock and with what must be hidden, for who only wants to look."""
    async with alone(root):
        await catch_up(database, root)
        readers = await database.read(audiences)
        await asyncio.to_thread(hide, root, readers)


async def sound_copy(database: Database, root: Path, revision: str, *, without: str = "") -> Path:
    """A folder with this revision, one that lies here (but not `without`) or a fetched one; raises CopyError."""
    await asyncio.to_thread(root.mkdir, parents=True, exist_ok=True)
    here = [folder for folder in await asyncio.to_thread(folders, root) if _copy_of(revision, [folder])]
    for folder in here:
        if folder.name != without and await asyncio.to_thread(_is_sound, folder):
            return folder
    return await fetch(database, root, revision)


def _copy_of(revision: str, among: Iterable[Path]) -> Path | None:
    """The folder that says it holds this revision."""
    for folder in among:
        note = read_note(folder)
        if note is not None and note.manifest.revision == revision:
            return folder
    return None


def _keeps_another(root: Path, previous: str) -> bool:
    """Whether the folder to go back to is of another revision than this."""
    try:
        kept = pointed(root, "PREVIOUS")
    except IndexUnusableError:
        return False
    return kept is not None and revision_of(kept.name) != previous


def _is_sound(folder: Path) -> bool:
    note = read_note(folder)
    return note is not None and not differences(folder, note)
