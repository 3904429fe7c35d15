"""While a turn is thought about for long: "typing…" is shown again, and once somebody says that it takes a moment."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.engine import Database
from app.db.models import OutboxEntry
from app.outbox import Slot, put
from app.whatsapp.outbound import render
from graph.messages import Text
from prompts import texts

MOMENT_PART = 900  # of a turn's outbox slots: its messages begin at 0, its mails at 1000
TYPING_SECONDS = 20.0  # WhatsApp hides the indicator after 25


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whose turn it is: enough to write to them."""

    conversation_id: int
    version: int  # of the turn that is being thought
    language: str
    wamid: str  # of the newest message


@dataclass(frozen=True, slots=True)
class Patience:
    """Asks people for patience after `after`; nothing of the turn depends on it."""

    database: Database
    show_typing: Callable[[str], None]
    clock: Callable[[], datetime]
    after: timedelta

    @asynccontextmanager
    async def beside(self, waiting: Waiting) -> AsyncIterator[None]:
        """Watch over what is done in the block."""
        watch = asyncio.create_task(self._watch(waiting), name="patience")
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)

    async def _watch(self, waiting: Waiting) -> None:
        await asyncio.sleep(self.after.total_seconds())
        await self.database.write(lambda s: say_wait(s, waiting, self.clock()))
        while True:
            self.show_typing(waiting.wamid)
            await asyncio.sleep(TYPING_SECONDS)


def say_wait(session: Session, waiting: Waiting, now: datetime) -> None:
    """Put it into the outbox before anything the turn will say, once; a turn thought again finds it there."""
    slot = Slot(waiting.conversation_id, waiting.version, MOMENT_PART)
    said = select(OutboxEntry.id).filter_by(conversation_id=slot.conversation_id, version=slot.version, part=slot.part)
    if session.scalar(said) is not None:
        return
    words = texts.say(texts.known_language(waiting.language), "moment")
    put(session, slot, "message", render(Text(body=words))[0], now=now)
