"""What an employee lives through when a receiver and workers share the work on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.container import open_house
from app.demo.load import load_company, load_knowledge
from app.settings import DatabaseSettings, Settings
from tests.e2e.processes import Outside, ended, outside

pytestmark = pytest.mark.timeout(300)
WHO, EMAIL = "mariana", "mariana.vilela@ipe.example"


@dataclass
class Fleet:
    """Processes on one database; a person to be, outside."""

    world: Outside
    url: str
    stack: AsyncExitStack
    free_port: Any

    async def start(self, *words: str) -> asyncio.subprocess.Process:
        """`recado WORDS`, ready."""
        port = self.world.port if words[0] == "serve" else self.free_port()
        settings = {"RECADO_DATABASE__URL": self.url, "RECADO_WORKER__PORT": str(port)}
        return await self.stack.enter_async_context(self.world.started(*words, port=port, **settings))

    async def health(self) -> dict[str, Any]:
        """What the receiver says."""
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(f"http://127.0.0.1:{self.world.port}/health/ready")).json()

    async def hear(self, words: str) -> str:
        """Say something; returns the whole reply."""
        wamid = await self.world.emulator.say(WHO, words)
        replies = await self.world.emulator.replies(WHO, after=wamid, timeout=60, quiet=0.3)
        return "\n".join(message.text for message in replies)

    async def verify(self) -> str:
        """Prove who they are; returns what is said afterwards."""
        await self.hear(EMAIL)
        async with asyncio.timeout(60):
            while not self.world.mailbox.messages(EMAIL):
                await asyncio.sleep(0.05)
        return await self.hear(self.world.mailbox.messages(EMAIL)[0].code or "")


@pytest.fixture
async def fleet(stores, tmp_path, free_port) -> AsyncIterator[Fleet]:
    with stores.postgres() as url:
        async with outside(tmp_path / "data", (free_port(), free_port())) as world, AsyncExitStack() as stack:
            yield Fleet(world, url, stack, free_port)


async def found(fleet: Fleet, tmp_path, *, knowledge: bool) -> None:
    settings = Settings(data_dir=tmp_path / "operator", database=DatabaseSettings(url=fleet.url))
    async with open_house(settings) as house:
        await load_company(house)
        if knowledge:
            await load_knowledge(house)


@pytest.mark.faults
async def test_a_conversation_goes_on_when_the_worker_that_had_it_is_killed(fleet, tmp_path):
    await found(fleet, tmp_path, knowledge=True)
    receiver = await fleet.start("serve")
    health = await fleet.health()
    assert (health["ready"], health["workers"]) == (True, 0)
    one = await fleet.start("worker", "-c", "2")
    assert "e-mail" in await fleet.hear("oi")
    other = await fleet.start("worker", "-c", "2")
    one.kill()
    assert "Mariana" in await fleet.verify()
    assert "nenhum chamado" in await fleet.hear("e o meu chamado?")
    assert "printer-queue-stuck" in await fleet.hear("a impressora tá com a fila travada"), (
        "an article, read by a worker elsewhere"
    )
    assert [(await ended(process))[0] for process in (other, receiver)] == [0, 0]


async def test_words_written_while_no_worker_lives_are_answered_once_one_starts(fleet, tmp_path):
    await found(fleet, tmp_path, knowledge=False)
    await fleet.start("serve")
    wamid = await fleet.world.emulator.say(WHO, "oi")
    await fleet.world.emulator.settled()
    assert fleet.world.emulator.outbox(WHO) == []
    await fleet.start("worker")
    replies = await fleet.world.emulator.replies(WHO, after=wamid, timeout=60, quiet=0.3)
    assert any("e-mail" in message.text for message in replies)
