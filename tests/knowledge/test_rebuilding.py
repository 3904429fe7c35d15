"""A new index while the old one is searched: who asks notices nothing, and a death in the middle costs nothing."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.db.engine import Database
from app.knowledge.articles import fingerprints
from app.knowledge.builder import run_builder
from app.knowledge.consistency import inconsistencies
from app.knowledge.errors import SyncError
from app.knowledge.sync import SyncReport, sync_folder
from retrieval.embedder import RemoteModel
from retrieval.knowledge import KnowledgeBase
from retrieval.passage import Article
from retrieval.remote_embedder import BATCH
from retrieval.revision import FOLDER, pointed
from retrieval.stages import Stage, silent
from tests.knowledge.shelves import write
from tests.provider.server import Provider, serving, vector_of
from tests.stores import Stores

MANY = 4 * BATCH


@pytest.fixture
def store_url(stores: Stores, tmp_path: Path) -> str:
    """An index is built from a store's rows alike; each build takes seconds."""
    return stores.sqlite(tmp_path)


@pytest.fixture
async def provider(free_port: Callable[[], int]) -> AsyncIterator[Provider]:
    there = Provider()
    async with serving(there, free_port()):
        yield there


@pytest.fixture
def remote(provider: Provider) -> RemoteModel:
    return RemoteModel(base_url=provider.url, model="text-embedding-x", api_key="k")


def children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def builder() -> int:
    [pid] = [pid for pid in children() if b"retrieval.build" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return pid


@pytest.mark.faults
async def test_a_builder_killed_while_it_embeds_goes_on_where_it_was_and_leaves_nothing_behind(
    database: Database, folder: Path, tmp_path: Path, provider: Provider, remote: RemoteModel
) -> None:
    root = tmp_path / FOLDER
    first = await sync_folder(database, folder, tmp_path, remote=remote)
    for number in range(MANY):
        write(folder, f"a{number}", f"Artigo {number}", f"Texto do artigo número {number}.")
    provider.embedded.clear()

    def kill(stage: Stage, done: int, _total: int) -> None:
        if stage == "vectors" and done >= 2 * BATCH:
            os.kill(builder(), signal.SIGKILL)

    with pytest.raises(SyncError, match="could not be built"):
        await sync_folder(database, folder, tmp_path, remote=remote, progress=kill)
    base = KnowledgeBase.open(root, None, strict=False)
    assert (await base.search("esqueci a senha", "pt-BR")).revision == first.revision
    base.close()
    assert [file.name for file in root.glob("*.building")] != []

    again = await sync_folder(database, folder, tmp_path, remote=remote)

    assert 0 < again.embedded <= MANY - BATCH
    asked = [text for texts in provider.embedded for text in texts if text.startswith("Artigo")]
    assert len(set(asked)) == MANY
    assert len(asked) <= MANY + BATCH + 3  # what was on its way when it died, and the texts that verify it
    assert sorted(file.name for file in root.glob("2*")) == sorted([first.revision, again.revision])
    assert not [file for file in root.iterdir() if file.name.startswith(".articles") or file.suffix == ".tmp"]
    assert await inconsistencies(database, tmp_path, remote=remote) == []


async def test_an_endpoint_that_changed_its_model_behind_the_name_is_noticed_and_the_old_index_goes_on(
    database: Database, folder: Path, tmp_path: Path, provider: Provider, remote: RemoteModel, monkeypatch
) -> None:
    first = await sync_folder(database, folder, tmp_path, remote=remote)
    monkeypatch.setattr("tests.provider.server.vector_of", lambda *given: vector_of(*given)[::-1])
    write(folder, "cracha", "Crachá perdido", "Peça outro na portaria.")
    with pytest.raises(SyncError, match=r"The new revision \S+ failed its verification and was removed: \S+ has a"):
        await sync_folder(database, folder, tmp_path, remote=remote)
    current = pointed(tmp_path / FOLDER)
    assert current is not None
    assert current.name == first.revision
    assert [file.name for file in (tmp_path / FOLDER).glob("2*")] == [first.revision]


async def test_progress_is_told_in_every_stage(database: Database, folder: Path, tmp_path: Path) -> None:
    heard: list[tuple[Stage, int, int]] = []
    await sync_folder(database, folder, tmp_path, shared=True, progress=lambda *said: heard.append(said))
    (folder / "vpn.md").unlink()
    await sync_folder(database, folder, tmp_path, shared=True, progress=lambda *said: heard.append(said))
    stages = list(dict.fromkeys(stage for stage, _, _ in heard))
    assert [stage for stage in stages if stage not in ("vectors", "calibrating")] == [
        "reading", "words", "verifying", "publishing", "swapping", "erasing",
    ]  # fmt: skip
    assert all(0 <= done <= total for _, done, total in heard)
    for stage in stages:
        assert any(done == total for name, done, total in heard if name == stage), stage


@pytest.mark.faults
async def test_who_asks_while_articles_are_exchanged_never_sees_half_of_one_and_never_an_error(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    def edition(number: int) -> None:
        for name in ("senha", "vpn", "ferias"):
            parts = "\n\n".join(f"## Parte {p}\n\nEdição {number}. {'palavra ' * 160}" for p in range(3))
            write(folder, name, f"Artigo sobre {name}", parts)

    edition(1)
    await sync_folder(database, folder, tmp_path)
    base, seen, done = KnowledgeBase.open(tmp_path / FOLDER, None), list[tuple[str, ...]](), asyncio.Event()

    async def ask() -> None:
        while not done.is_set():
            whole = await base.article("vpn", "pt-BR")
            found = await base.search("artigo sobre vpn", "pt-BR", limit=5)
            assert found.passages
            seen.append(tuple(passage.text.split(".")[0] for passage in whole.passages))
            assert len({passage.text.split(".")[0] for passage in found.passages}) == 1
            await asyncio.sleep(0.02)

    asking = [asyncio.create_task(ask()) for _ in range(2)]
    for number in (2, 3):
        edition(number)
        await sync_folder(database, folder, tmp_path)
        await asyncio.sleep(0.05)
    done.set()
    await asyncio.gather(*asking)
    base.close()
    assert set(seen) == {(f"Edição {number}",) * 3 for number in (1, 2, 3)}


async def test_articles_are_read_from_the_database_in_pages_and_none_is_lost_between_them(
    database: Database, folder: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("app.knowledge.indexing.PAGE", 2)
    report: SyncReport = await sync_folder(database, folder, tmp_path)
    assert len(await database.read(fingerprints)) == len(report.added) == 3
    assert await inconsistencies(database, tmp_path) == []


async def test_a_builder_whose_articles_stop_coming_builds_nothing(tmp_path: Path) -> None:
    async def two() -> AsyncIterator[Article]:
        for name in ("a", "b"):
            yield Article(id=name, language="en", title=name, body=name)

    with pytest.raises(SyncError, match="2 articles came instead of 3"):
        await run_builder({"articles": 3}, two(), tmp_path, silent)
    assert not list(tmp_path.glob("2*"))
