"""The index among real processes: killed anywhere, nothing half is used; two workers answer alike."""

import asyncio
import json
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.db.engine import Database
from app.knowledge.models import IndexPiece
from app.knowledge.pointer import look
from app.knowledge.sync import sync_folder
from retrieval import parcel as parcels
from retrieval.revision import FOLDER
from tests.knowledge import mortal
from tests.knowledge.mortal import lives
from tests.knowledge.shelves import Worker, write

ROOT = Path(__file__).parents[2]
QUESTIONS = ("esqueci a senha", "como conecto na vpn", "quero férias", "perdi o crachá")


@pytest.fixture
def store_url(shared_store_url: str) -> str:
    """Indexes travel between machines through a store they share; each build takes seconds."""
    return shared_store_url


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parcels, "PIECE", mortal.SMALL)


def deaths() -> list[int]:
    """The first steps one by one, then some of the others; the last is never reached."""
    dice = random.Random(1)
    return [*range(1, 6), *sorted(dice.sample(range(6, 150), 10)), 100_000]


@pytest.mark.faults
async def test_a_worker_killed_anywhere_while_it_fetches_has_the_old_index_or_the_new_one(
    database: Database, folder: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    office, home = tmp_path / "office", tmp_path / "worker"
    first = await sync_folder(database, folder, office, shared=True)
    (await Worker.begin(database, home)).knowledge.close()
    write(folder, "cracha", "Crachá perdido", "Peça outro na portaria.")
    second = await sync_folder(database, folder, office, shared=True)
    shutil.copytree(home, tmp_path / "before")
    done = []
    for death in deaths():
        shutil.rmtree(home)
        shutil.copytree(tmp_path / "before", home)
        done.append(await asyncio.to_thread(lives, mortal.fetch, database.url, home, death))
        worker = await Worker.begin(database, home)
        is_new = worker.knowledge.revision == second.revision
        assert is_new or worker.knowledge.revision == first.revision
        assert worker.said == ""
        assert ("Crachá perdido" in await worker.titles("perdi o crachá")) == is_new, death
        await worker.copy.look()
        assert (worker.knowledge.revision, worker.said) == (second.revision, "")
        assert "Crachá perdido" in await worker.titles("perdi o crachá")
        assert not (home / FOLDER / "fetching").exists()
        worker.knowledge.close()
    assert done[-1]
    assert done.count(False) > len(done) / 2
    record_property(
        "F8", f"worker killed {done.count(False)} times while it fetched an index: the old one or the new one"
    )


@pytest.mark.faults
async def test_a_synchronisation_killed_anywhere_while_it_publishes_sends_nobody_to_half_an_index(
    database: Database, folder: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    office, home = tmp_path / "office", tmp_path / "worker"
    first = await sync_folder(database, folder, office, shared=True)
    worker = await Worker.begin(database, home)
    write(folder, "cracha", "Crachá perdido", "Peça outro na portaria.")
    local = await sync_folder(database, folder, office)  # built and current here, the store knows nothing of it
    built = office / FOLDER / local.revision
    done = []
    for death in deaths():
        done.append(await asyncio.to_thread(lives, mortal.send, database.url, built, death))
        await worker.copy.look()
        pointer = await database.read(look)
        assert worker.said == ""
        assert worker.knowledge.revision == pointer.revision
        assert pointer.revision == (local.revision if done[-1] else first.revision) or not done[-1]
        is_new = pointer.revision == local.revision
        assert ("Crachá perdido" in await worker.titles("perdi o crachá")) == is_new, death
    assert done[-1]
    assert done.count(False) > 3
    worker.knowledge.close()
    unfinished = await database.read(
        lambda s: s.scalar(
            select(func.count()).select_from(IndexPiece).where(
                IndexPiece.revision.not_in([first.revision, local.revision])
            )
        )
    )  # fmt: skip
    assert unfinished == 0
    record_property(
        "F8", f"synchronisation killed {done.count(False)} times while it published: nobody got half an index"
    )


class Desk:
    """A worker process of one machine, with a folder of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def open(cls, database: Database, data_dir: Path) -> "Desk":
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.knowledge.desk", database.url, str(data_dir / FOLDER),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        return cls(process)

    async def ask(self, question: str) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(question.encode() + b"\n")
        return json.loads(await self._process.stdout.readline())

    async def reaches(self, revision: str) -> None:
        async with asyncio.timeout(60):
            while (await self.ask(QUESTIONS[0]))["revision"] != revision:
                await asyncio.sleep(0.05)

    async def close(self) -> None:
        await self._process.communicate(b"\n")


async def test_two_worker_processes_with_folders_of_their_own_answer_alike_after_each_synchronisation(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    office = tmp_path / "office"
    first = await sync_folder(database, folder, office, shared=True)
    desks = [await Desk.open(database, tmp_path / name) for name in ("one", "other")]
    write(folder, "cracha", "Crachá perdido", "Peça outro na portaria.")
    for revision in (first.revision, ""):
        wanted = revision or (await sync_folder(database, folder, office, shared=True)).revision
        for desk in desks:
            await desk.reaches(wanted)
        for question in QUESTIONS:
            one, other = [await desk.ask(question) for desk in desks]
            assert one == other
            assert one["passages"]
            assert one["state"] == wanted  # vectors included: nobody does without because another has them open
    assert one["passages"][0]["title"] == "Crachá perdido"
    for desk in desks:
        await desk.close()
