"""Processes that fetch or publish an index and are killed at a given step: a change of a file, a transaction's ends."""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import event

from app.db.engine import Database, open_database
from app.knowledge.shipping import publish
from retrieval import parcel as parcels
from tests.knowledge.shelves import Worker

STEPS = {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir"}
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([__name__])  # imports once, then each life costs some milliseconds
SMALL = 50_000  # bytes of a piece, so that there are many


def lives(work: Callable[..., Any], url: str, folder: Path, death: int) -> bool:
    """Do the work in a process that is killed at its step number `death`; True when it was done before."""
    process = FORKS.Process(target=work, args=(url, folder, death))
    process.start()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}, process.exitcode
    return process.exitcode == 0


def fetch(url: str, data_dir: Path, death: int) -> None:
    """A worker's start: it takes up what the store points to."""

    async def work(database: Database) -> None:
        worker = await Worker.begin(database, data_dir)
        await worker.copy.look()
        worker.knowledge.close()

    _mortal(work, url, data_dir, death)


def send(url: str, folder: Path, death: int) -> None:
    """The last part of a synchronisation: what was built goes into the store."""
    _mortal(lambda database: publish(database, folder), url, folder, death)


def _mortal(work: Callable[[Database], Any], url: str, folder: Path, death: int) -> None:
    parcels.PIECE = SMALL
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == death:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(name: str, arguments: tuple[Any, ...]) -> None:
        if name in STEPS and str(arguments[0]).startswith(str(folder)):
            step()

    async def run() -> None:
        database = open_database(url)
        for moment in ("commit", "begin"):
            event.listen(database.engine, moment, lambda *_: step())
        sys.addaudithook(watch)
        try:
            await work(database)
        finally:
            await database.close()

    asyncio.run(run())
