"""What many tests need: a database of their own, a clock that obeys."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.db.engine import Database, open_database
from tests.stores import Stores, sqlalchemy_url

TESTS = Path(__file__).parent
SLOW_ROOMS = ("e2e", "xss", "knowledge", "eval")

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("default")
for name in [name for name in os.environ if name.startswith("RECADO_") and not name.startswith("RECADO_FAULT_")]:
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


@pytest.fixture(scope="session")
def stores(tmp_path_factory) -> Iterator[Stores]:
    with ExitStack() as stack:
        yield Stores(tmp_path_factory.mktemp("stores"), stack)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request, stores: Stores, tmp_path: Path) -> Iterator[str]:
    """A migrated store; the test runs on both kinds."""
    if request.param == "sqlite":
        yield stores.sqlite(tmp_path)
        return
    with stores.postgres() as url:
        yield url


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    database = open_database(store_url)
    yield database
    await database.close()


@pytest.fixture
def session(store_url: str) -> Iterator[Session]:
    """One open transaction, for tests of functions of a session."""
    engine = create_engine(sqlalchemy_url(store_url))
    with Session(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def woken(database: Database) -> Callable[[], Awaitable[set[str]]]:
    """Asks which keys commits have woken since it was asked last, on whichever store."""
    heard: set[str] = set()
    database.listen(heard.update)

    async def woken() -> set[str]:
        if database.is_shared:
            rows = text("DELETE FROM procrastinate_jobs RETURNING queueing_lock")
            return await database.write(lambda s: set(s.scalars(rows)))
        await asyncio.sleep(0)
        keys = set(heard)
        heard.clear()
        return keys

    return woken


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long by the file: nobody then waits for the last of them alone."""
    rooms = {room: place for place, room in enumerate(SLOW_ROOMS)}
    items.sort(key=lambda item: rooms.get(item.path.relative_to(TESTS).parts[0], len(rooms)))
