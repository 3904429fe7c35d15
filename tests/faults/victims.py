"""The service as a process of its own, with the emulated WhatsApp and the mail server outside it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette

from app.demo.run import demo_settings, phone_people
from app.emulator.courier import sign
from app.emulator.mailbox import Mailbox
from app.emulator.routes import emulator_routes
from app.emulator.switchboard import Emulator
from app.settings import WhatsAppSettings

ROOT = Path(__file__).parents[2]


class Victim:
    """The service, started and killed over and over."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, app_secret: str) -> None:
        self._process, self.url, self._app_secret = process, url, app_secret
        self.kills = 0

    async def fork(self) -> int:
        """Start it; returns its process id at once."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(b"start\n")
        return int(await self._process.stdout.readline())

    async def start(self) -> int:
        """Start it and wait until it takes turns."""
        pid = await self.fork()
        async with httpx.AsyncClient(trust_env=False) as http:
            while True:
                with suppress(httpx.HTTPError):
                    if (await http.get(f"{self.url}/health/ready", timeout=1)).status_code == 200:
                        return pid
                await asyncio.sleep(0.01)

    def ask_to_stop(self, pid: int) -> None:
        """Let it shut down by itself."""
        os.kill(pid, signal.SIGTERM)

    async def kill(self, pid: int) -> None:
        """Kill it, whatever it is doing; it may have ended before."""
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.kills += 1
        while Path(f"/proc/{pid}").exists():
            await asyncio.sleep(0.002)

    async def post(self, http: httpx.AsyncClient, body: bytes, *, signed: bool = True) -> int:
        """Deliver a webhook; returns the status."""
        headers = {"X-Hub-Signature-256": sign(self._app_secret if signed else "forged", body)}
        return (await http.post(f"{self.url}/whatsapp/webhook", content=body, headers=headers)).status_code


@dataclass
class Scene:
    """Everything around a victim."""

    emulator: Emulator
    mailbox: Mailbox
    victim: Victim
    data_dir: Path


@asynccontextmanager
async def open_scene(data_dir: Path, ports: tuple[int, int]) -> AsyncIterator[Scene]:
    """The service is not started yet; `ports` are its own and WhatsApp's."""
    port, outside = ports
    whatsapp = demo_settings(port).whatsapp
    async with Mailbox() as mailbox:
        emulator = Emulator(
            whatsapp.app_secret.get_secret_value(),
            whatsapp.access_token.get_secret_value(),
            whatsapp.phone_number_id,
            whatsapp.waba_id,
            f"http://127.0.0.1:{port}/whatsapp/webhook",
            phone_people(),
        )
        server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=emulator_routes(emulator, mailbox)), port=outside, log_config=None)
        )
        async with emulator:
            serving = asyncio.create_task(server.serve())
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(ROOT / "tests/faults/victim.py"), cwd=data_dir.parent,
                env=_environment(whatsapp, data_dir, ports, mailbox.port),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert process.stdout
            assert await process.stdout.readline() == b"imported\n"
            secret = whatsapp.app_secret.get_secret_value()
            yield Scene(emulator, mailbox, Victim(process, f"http://127.0.0.1:{port}", secret), data_dir)
            process.kill()
            await process.wait()
            server.should_exit = True
            emulator.feed.close()
            mailbox.feed.close()
            await serving


def _environment(whatsapp: WhatsAppSettings, data_dir: Path, ports: tuple[int, int], mail_port: int) -> dict[str, str]:
    port, outside = ports
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "RECADO_PORT": str(port),
        "RECADO_DATA_DIR": str(data_dir),
        "RECADO_LOG_LEVEL": "ERROR",
        "RECADO_TURNS__SETTLE": "0.05",
        "RECADO_DELIVERY__LEASE_AFTER_START": "1",
        "RECADO_DELIVERY__LEASE": "5",
        "RECADO_WHATSAPP__APP_SECRET": whatsapp.app_secret.get_secret_value(),
        "RECADO_WHATSAPP__VERIFY_TOKEN": "v",
        "RECADO_WHATSAPP__ACCESS_TOKEN": whatsapp.access_token.get_secret_value(),
        "RECADO_WHATSAPP__PHONE_NUMBER_ID": whatsapp.phone_number_id,
        "RECADO_WHATSAPP__BASE_URL": f"http://127.0.0.1:{outside}",
        "RECADO_MAIL__HOST": "127.0.0.1",
        "RECADO_MAIL__PORT": str(mail_port),
        "RECADO_MAIL__STARTTLS": "false",
        "RECADO_MAIL__SENDER": "recado@ipe.example",
        "RECADO_COMPANY__NAME": "Ipê",
    }
