"""What many tests need: a database of their own, a clock that obeys."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from app.db.engine import Database
from app.db.schema import upgrade

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("default")
for name in [name for name in os.environ if name.startswith("RECADO_") and name != "RECADO_FAULT_CYCLES"]:
    del os.environ[name]


class FakeClock:
    """Tells the time it was set to."""

    def __init__(self, at: datetime = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'recado.db'}")
    upgrade(database.writer_engine)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A port nobody listens on."""

    def free_port() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return free_port


@pytest.fixture(scope="session")
def founded(tmp_path_factory, free_port) -> Path:
    """A data directory with the demo company in it, made once and copied for every test."""
    from app.container import open_house
    from app.demo.load import load_company, load_knowledge
    from app.demo.run import demo_settings

    folder = tmp_path_factory.mktemp("founded") / "data"

    async def found() -> None:
        settings = demo_settings(free_port()).model_copy(update={"data_dir": folder})
        async with open_house(settings) as house:
            await load_company(house)
            await load_knowledge(house)

    asyncio.run(found())
    return folder
