"""A whole town on loopback: Recado, the emulated WhatsApp and a mail server, over real HTTP and SMTP."""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
import uvicorn

from app.container import House
from app.demo.run import demo_settings, open_demo
from app.emulator.mailbox import Mailbox
from app.emulator.people import Person
from app.emulator.switchboard import Emulator
from app.emulator.transcript import Message
from app.main import create_app
from app.settings import IdentitySettings, KnowledgeSettings, TurnSettings
from app.worker import Worker


@dataclass
class Town:
    """Everything running; people speak through the emulator."""

    url: str
    house: House
    emulator: Emulator
    mailbox: Mailbox

    async def hear(self, who: str, *, said: str = "", tapped: str = "") -> str:
        """Say or tap something; returns the words of the whole reply."""
        wamid = await (self.emulator.tap(who, tapped) if tapped else self.emulator.say(who, said))
        return await self.reply(who, wamid)

    async def reply(self, who: str, wamid: str, timeout_s: float = 20.0) -> str:
        """Wait for the words that answer a message."""
        replies = await self.emulator.replies(who, after=wamid, timeout=timeout_s, quiet=0.2)
        return "\n".join(message.text for message in replies)

    async def code_for(self, who: str, email: str) -> str:
        """Tell the e-mail and return the code that arrives there."""
        known = len(self.mailbox.messages(email))
        await self.hear(who, said=email)
        async with asyncio.timeout(10):
            while len(self.mailbox.messages(email)) == known:
                await asyncio.sleep(0.02)
        return self.mailbox.messages(email)[0].code or ""

    async def verify(self, who: str, email: str) -> str:
        """Prove who they are; returns what is said afterwards."""
        return await self.hear(who, said=await self.code_for(who, email))

    def somebody(self, name: str = "Alguém", language: str = "pt-BR") -> str:
        """Give a new phone to one more person; returns their id."""
        number = f"55119{secrets.randbelow(10**8):08d}"
        self.emulator.people.add(Person(number, name, number, f"BR.{number}", language=language))
        return number

    async def employee(self, email: str, language: str = "pt-BR", hello: str = "oi") -> str:
        """Give a new phone to an employee and verify them; returns the phone's id."""
        who = self.somebody(email.partition(".")[0].title(), language)
        await self.hear(who, said=hello)
        await self.verify(who, email)
        return who

    def last(self, who: str) -> Message:
        """Return the newest message on a phone that came from the business."""
        return self.emulator.outbox(who)[-1]

    def titles(self, who: str) -> list[str]:
        """Return what can be tapped under the newest message."""
        return [choice.title for choice in self.last(who).choices]


@asynccontextmanager
async def open_town(data_dir: Path, port: int, *, settle_s: float = 0.2, **more: object) -> AsyncIterator[Town]:
    """`more`: groups of settings in place of the demo's."""
    settings = demo_settings(port).model_copy(
        update={
            "data_dir": data_dir,
            "turns": TurnSettings(settle=timedelta(seconds=settle_s)),
            "identity": IdentitySettings(resend_after=timedelta(0)),
            "knowledge": KnowledgeSettings(page_folders=(Path(tempfile.gettempdir()),)),
            **more,
        }
    )
    async with open_demo(settings) as demo:
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(demo.house, routes=demo.routes, worker=Worker(demo.house)),
                port=settings.port,
                log_config=None,
            )
        )
        serving = asyncio.create_task(server.serve())
        url = settings.whatsapp.base_url
        try:
            await _until_ready(f"{url}/health/ready")
            yield Town(url, demo.house, demo.emulator, demo.mailbox)
        finally:
            server.should_exit = True
            demo.emulator.feed.close()
            demo.mailbox.feed.close()
            await serving


async def _until_ready(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(60):
        while True:
            try:
                if (await http.get(url)).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.05)


@pytest.fixture
async def town(founded, tmp_path, free_port) -> AsyncIterator[Town]:
    """A town of a test's own."""
    shutil.copytree(founded, tmp_path / "data")
    async with open_town(tmp_path / "data", free_port()) as town:
        yield town


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_town(founded, tmp_path_factory, free_port) -> AsyncIterator[Town]:
    """One town for a whole module, whose tests use people of their own (`somebody`)."""
    data_dir = tmp_path_factory.mktemp("town") / "data"
    shutil.copytree(founded, data_dir)
    async with open_town(data_dir, free_port()) as town:
        yield town
