"""A receiver and workers as processes of their own on one PostgreSQL, with the emulated WhatsApp and a mail server."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from app.container import open_house
from app.demo.load import load_company
from app.demo.run import demo_settings, phone_people
from app.emulator.mailbox import Mailbox
from app.emulator.routes import emulator_routes
from app.emulator.switchboard import Emulator
from app.settings import DatabaseSettings, WhatsAppSettings

ROOT = Path(__file__).parents[2]
PATIENCE_S = 90.0


@dataclass
class Fleet:
    """Processes by name; each may be killed and started again."""

    emulator: Emulator
    mailbox: Mailbox
    environment: dict[str, str]
    free_port: Callable[[], int]
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    async def start(self, name: str, *command: str) -> None:
        """Start `recado COMMAND` and wait until it is ready."""
        port = self.ports[name] = int(self.environment["RECADO_PORT"]) if command[0] == "serve" else self.free_port()
        environment = self.environment | {"RECADO_WORKER__PORT": str(port)}
        self.processes[name] = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", *command, cwd=ROOT, env=environment
        )
        async with asyncio.timeout(PATIENCE_S):
            while (await self.health(name)).get("ready") is not True:
                assert self.processes[name].returncode is None, f"{name} ended"
                await asyncio.sleep(0.1)

    async def health(self, name: str) -> dict[str, Any]:
        """What a process says of itself; nothing while it does not answer."""
        async with httpx.AsyncClient(trust_env=False, timeout=5) as http:
            with suppress(httpx.HTTPError):
                return (await http.get(f"http://127.0.0.1:{self.ports[name]}/health/ready")).json()
        return {}

    async def kill(self, name: str) -> None:
        """As power does."""
        self.processes[name].kill()
        await self.processes[name].wait()

    async def stop(self, name: str) -> int:
        """As an operator does; returns the exit code."""
        self.processes[name].terminate()
        return await self.processes[name].wait()

    async def hear(self, who: str, said: str) -> str:
        """Say something; returns the words of the reply."""
        wamid = await self.emulator.say(who, said)
        replies = await self.emulator.replies(who, after=wamid, timeout=PATIENCE_S, quiet=0.3)
        return "\n".join(message.text for message in replies)

    async def verify(self, who: str, email: str) -> str:
        """Prove who they are; returns what is said afterwards."""
        await self.hear(who, email)
        async with asyncio.timeout(PATIENCE_S):
            while not self.mailbox.messages(email):
                await asyncio.sleep(0.05)
        return await self.hear(who, self.mailbox.messages(email)[0].code or "")


@asynccontextmanager
async def open_fleet(url: str, data_dir: Path, free_port: Callable[[], int]) -> AsyncIterator[Fleet]:
    """A company in the database, WhatsApp and the mailbox; no process of ours yet."""
    port, outside = free_port(), free_port()
    settings = demo_settings(port).model_copy(update={"data_dir": data_dir, "database": DatabaseSettings(url=url)})
    async with open_house(settings, migrate=True) as house:
        await load_company(house)
    whatsapp = settings.whatsapp
    async with Mailbox() as mailbox:
        emulator = Emulator(
            whatsapp.app_secret.get_secret_value(),
            whatsapp.access_token.get_secret_value(),
            whatsapp.phone_number_id,
            whatsapp.waba_id,
            f"http://127.0.0.1:{port}/whatsapp/webhook",
            phone_people(),
        )
        pages = Starlette(routes=emulator_routes(emulator, mailbox))
        server = uvicorn.Server(uvicorn.Config(pages, port=outside, log_config=None))
        async with emulator:
            serving = asyncio.create_task(server.serve())
            environment = _environment(url, data_dir, (port, outside, mailbox.port), whatsapp)
            fleet = Fleet(emulator, mailbox, environment, free_port)
            try:
                yield fleet
            finally:
                for process in fleet.processes.values():
                    with suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
                server.should_exit = True
                emulator.feed.close()
                mailbox.feed.close()
                await serving


def _environment(url: str, data_dir: Path, ports: tuple[int, int, int], whatsapp: WhatsAppSettings) -> dict[str, str]:
    port, outside, mail = ports
    return {
        "PATH": os.environ["PATH"],
        "OMP_NUM_THREADS": "1",
        "RECADO_PORT": str(port),
        "RECADO_DATA_DIR": str(data_dir),
        "RECADO_DATABASE__URL": url,
        "RECADO_LOG_LEVEL": "WARNING",
        "RECADO_TURNS__SETTLE": "0.1",
        "RECADO_IDENTITY__PEPPER": "a pepper that all of them know",
        "RECADO_IDENTITY__RESEND_AFTER": "0",
        "RECADO_WHATSAPP__APP_SECRET": whatsapp.app_secret.get_secret_value(),
        "RECADO_WHATSAPP__VERIFY_TOKEN": "v",
        "RECADO_WHATSAPP__ACCESS_TOKEN": whatsapp.access_token.get_secret_value(),
        "RECADO_WHATSAPP__PHONE_NUMBER_ID": whatsapp.phone_number_id,
        "RECADO_WHATSAPP__BASE_URL": f"http://127.0.0.1:{outside}",
        "RECADO_WHATSAPP__MEDIA_HOSTS": '["127.0.0.1"]',
        "RECADO_MAIL__HOST": "127.0.0.1",
        "RECADO_MAIL__PORT": str(mail),
        "RECADO_MAIL__STARTTLS": "false",
        "RECADO_MAIL__SENDER": "recado@ipe.example",
    }
