"""A town whose service thinks with an engine trained once, and whose pauses are seconds instead of minutes."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
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
from tests.faults.town import Town, open_town
from tests.faults.victims import Scene, open_scene


@pytest.fixture
def figure(record_property) -> Callable[[str, str], None]:
    """Tells what a row of the fault matrix came to, here and in the table that `python -m tests.faults` writes."""

    def figure(row: str, what: str) -> None:
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


@pytest.fixture
async def build(founded, tmp_path, free_port, in_a_hurry) -> AsyncIterator[Any]:
    """Opens a town with settings or a clock of its own."""
    async with AsyncExitStack() as stack:

        async def build(**changes: Any) -> Town:
            town = open_town(founded, tmp_path / "data", (free_port(), free_port()), **changes)
            return await stack.enter_async_context(town)

        yield build


@pytest.fixture
async def town(build) -> Town:
    return await build()


@pytest.fixture
async def scene(founded, tmp_path, free_port, monkeypatch) -> AsyncIterator[Scene]:
    """A service in a process of its own, not started yet; WhatsApp tells again well within the lease after a start."""
    monkeypatch.setattr(app.emulator.courier, "LONGEST_PAUSE_S", 0.3)
    shutil.copytree(founded, tmp_path / "data")
    async with open_scene(tmp_path / "data", (free_port(), free_port())) as scene:
        yield scene
