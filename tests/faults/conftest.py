"""A town whose service thinks with an engine trained once, and whose pauses are seconds instead of minutes."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import app.delivery
import app.emulator.courier
import app.mind
import app.wakeups
import app.worker
from app.demo.load import COMPANY
from app.desk.company_files import read_company
from graph.language.offline.engine import OfflineEngine
from tests.faults.founding import found_shared
from tests.faults.stores import Home, Store, sqlite_home
from tests.faults.town import Town, open_town
from tests.faults.victims import Scene, open_scene
from tests.stores import need_postgres, postgres_database


@pytest.fixture
def figure(request, record_property) -> Callable[[str, str], None]:
    """Tells what a row of the fault matrix came to, here and in the table that `python -m tests.faults` writes."""

    store = "PostgreSQL: " if "postgres" in request.node.nodeid else ""

    def figure(row: str, what: str) -> None:
        what = store + what
        print(f"{row} {what}")
        record_property(row, what)

    return figure


@pytest.fixture(scope="session")
def trained() -> OfflineEngine:
    engine = OfflineEngine()
    engine.warm(read_company(COMPANY).categories)
    return engine


@pytest.fixture
def in_a_hurry(monkeypatch, trained) -> None:
    """Every pause of the product a fraction of what it is; nothing else is changed."""
    monkeypatch.setattr(app.mind, "OfflineEngine", lambda _: trained)
    monkeypatch.setattr(app.mind, "load_embedder", lambda _: None)
    monkeypatch.setattr(app.delivery, "FIRST_PAUSE", 0.1)
    monkeypatch.setattr(app.delivery, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(app.delivery, "STOPPED_PAUSE", timedelta(seconds=0.5))
    monkeypatch.setattr(app.wakeups, "RETRY_SECONDS", 0.3)
    monkeypatch.setattr(app.worker, "SWEEP_SECONDS", 1.0)


@pytest.fixture(scope="session")
def founded_to_share(founded, tmp_path_factory, free_port) -> Iterator[tuple[Path, str]]:
    """The demo company on PostgreSQL: the folders of its processes, and a database to copy."""
    need_postgres()
    folder = tmp_path_factory.mktemp("shared") / "data"
    with postgres_database() as url:
        asyncio.run(found_shared(founded, folder, url, free_port()))
        yield folder, url


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request, tmp_path) -> Iterator[Home]:
    """A founded company of the test's own; the test runs on both stores."""
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("founded"), tmp_path / "data")
        yield sqlite_home(tmp_path / "data")
        return
    folder, url = request.getfixturevalue("founded_to_share")
    shutil.copytree(folder, tmp_path / "data")
    with postgres_database(url.rpartition("/")[2]) as url:
        yield Home(tmp_path / "data", Store(url))


@pytest.fixture
async def build(home, free_port, in_a_hurry) -> AsyncIterator[Any]:
    """Opens a town with settings or a clock of its own."""
    async with AsyncExitStack() as stack:

        async def build(**changes: Any) -> Town:
            return await stack.enter_async_context(open_town(home, (free_port(), free_port()), **changes))

        yield build


@pytest.fixture
async def town(build) -> Town:
    return await build()


@pytest.fixture
async def scene(home, free_port, monkeypatch) -> AsyncIterator[Scene]:
    """A service in processes of its own, not started yet; WhatsApp tells again well within the lease after a start."""
    monkeypatch.setattr(app.emulator.courier, "LONGEST_PAUSE_S", 0.3)
    async with open_scene(home, free_port) as scene:
        yield scene
