"""A contestant's surroundings: its folder and database, an emulated WhatsApp of its own, and its processes."""

import asyncio
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from app.emulator.people import Person
from app.emulator.switchboard import Emulator
from tests.bench import postgres
from tests.bench.company import Founded, number
from tests.bench.contestants import Contestant, Place
from tests.bench.processes import Group, free_port
from tests.stores import postgres_database

PATIENCE_S = 120.0  # for a start
QUIET_S = 0.1  # without anything new: everything has been said and told


@dataclass(slots=True)
class Stage:
    """A contestant at work, and the people who write to it."""

    contestant: Contestant
    place: Place
    emulator: Emulator
    group: Group = field(default_factory=Group)

    async def start(self) -> float:
        """Start its processes; seconds until it takes webhooks."""
        started = time.perf_counter()
        self.contestant.start(self.place, self.group)
        await _answers(self.place.port, "/health/live")
        return time.perf_counter() - started

    async def ready(self) -> None:
        """Wait until it answers what it takes."""
        for port in (self.place.port, *self.place.workers):
            await _answers(port, "/health/ready")

    async def quiet(self) -> None:
        """Wait until everything said has been told and nothing more comes."""
        before = -1
        while before != self.messages():
            before = self.messages()
            await self.emulator.settled()
            await asyncio.sleep(QUIET_S)

    def messages(self) -> int:
        """How many are on all phones."""
        return sum(len(self.emulator.chat(person).messages) for person in self.emulator.people)

    def bytes_stored(self) -> int:
        """The size of its database."""
        if self.contestant.store == "postgresql":
            return postgres.size(self.place.database)
        query = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        with closing(sqlite3.connect(self.place.database.removeprefix("sqlite:///"))) as file:
            return int(file.execute(query).fetchone()[0])


@asynccontextmanager
async def stage(contestant: Contestant, founded: Founded, folder: Path) -> AsyncIterator[Stage]:
    """Everything around a contestant, which is not started yet."""
    ours, shared = contestant.is_ours, contestant.store == "postgresql"
    origin = founded.shared if ours and shared else founded.settings
    await asyncio.to_thread(shutil.copytree, origin.data_dir, folder)
    async with AsyncExitStack() as stack:
        if shared:
            template = origin.database.url.rpartition("/")[2] if ours else "template0"
            database = stack.enter_context(postgres_database(template))
        else:
            database = f"sqlite:///{folder / ('recado.db' if ours else 'agent.db')}"
        workers = tuple(free_port() for _ in range(contestant.workers))
        place = Place(folder, founded.settings, database, free_port(), free_port(), workers)
        emulator = _emulator(place, founded.people)
        await stack.enter_async_context(_served(emulator, place.outside))
        await stack.enter_async_context(emulator)
        here = Stage(contestant, place, emulator)
        try:
            yield here
        finally:
            await asyncio.to_thread(here.group.kill)


def _emulator(place: Place, people: int) -> Emulator:
    whatsapp = place.settings.whatsapp
    return Emulator(
        whatsapp.app_secret.get_secret_value(),
        whatsapp.access_token.get_secret_value(),
        whatsapp.phone_number_id,
        whatsapp.waba_id,
        f"http://127.0.0.1:{place.port}/whatsapp/webhook",
        [Person(str(n), "Ana", number(n), language="pt-BR") for n in range(people)],
        messages_per_second=100_000,
    )


@asynccontextmanager
async def _served(emulator: Emulator, port: int) -> AsyncIterator[None]:
    server = uvicorn.Server(
        uvicorn.Config(emulator.app, port=port, log_config=None, log_level="critical", access_log=False)
    )
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        emulator.feed.close()
        await serving


async def _answers(port: int, path: str) -> None:
    """Wait until this path says 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    async with asyncio.timeout(PATIENCE_S):
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request)
                head = await reader.readline()
                writer.close()
                if b" 200 " in head:
                    return
            await asyncio.sleep(0.02)
