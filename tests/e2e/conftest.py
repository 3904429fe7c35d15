"""A whole town on loopback: Recado, the emulated WhatsApp and a mail server, over real HTTP and SMTP."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn

from app.container import House
from app.demo.run import demo_settings, open_demo
from app.emulator.mailbox import Mailbox
from app.emulator.switchboard import Emulator
from app.main import create_app
from app.settings import TurnSettings


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
        replies = await self.emulator.replies(who, after=wamid, timeout=20)
        return "\n".join(message.text for message in replies)

    async def verify(self, who: str, email: str) -> str:
        """Prove who they are; returns what is said afterwards."""
        known = len(self.mailbox.messages(email))
        await self.hear(who, said=email)
        async with asyncio.timeout(10):
            while len(self.mailbox.messages(email)) == known:
                await asyncio.sleep(0.02)
        return await self.hear(who, said=self.mailbox.messages(email)[0].code or "")


@asynccontextmanager
async def open_town(data_dir: Path, port: int) -> AsyncIterator[Town]:
    settings = demo_settings(port).model_copy(
        update={"data_dir": data_dir, "turns": TurnSettings(settle=timedelta(seconds=0.2))}
    )
    async with open_demo(settings) as demo:
        server = uvicorn.Server(
            uvicorn.Config(create_app(demo.house, routes=demo.routes), port=settings.port, log_config=None)
        )
        serving = asyncio.create_task(server.serve())
        url = settings.whatsapp.base_url
        try:
            await _until_ready(f"{url}/health/ready")
            yield Town(url, demo.house, demo.emulator, demo.mailbox)
        finally:
            server.should_exit = True
            demo.emulator.feed.close()
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
    shutil.copytree(founded, tmp_path / "data")
    async with open_town(tmp_path / "data", free_port()) as town:
        yield town
