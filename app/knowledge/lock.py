"""One process at a time changes what lies in a knowledge folder."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from app.knowledge.errors import SyncError

PATIENCE = 2.0  # seconds: a worker that takes up a fetched copy needs less, another synchronisation much more
LOOK_AGAIN = 0.05  # seconds


@asynccontextmanager
async def alone(root: Path) -> AsyncIterator[None]:
    """Nobody else synchronises or takes up a copy here; raises SyncError when somebody does."""
    await asyncio.to_thread(root.mkdir, parents=True, exist_ok=True)
    lock = FileLock(root / ".sync.lock", timeout=0)
    until = time.monotonic() + PATIENCE
    while not lock.is_locked:
        try:
            lock.acquire()
        except Timeout:
            if time.monotonic() > until:
                raise SyncError("Another synchronisation of the knowledge base is running; try again later.") from None
            await asyncio.sleep(LOOK_AGAIN)
    try:
        yield
    finally:
        lock.release()
