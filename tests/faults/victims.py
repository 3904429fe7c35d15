"""The service in processes of its own, with the emulated WhatsApp and the mail server outside it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
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
from tests.faults.history import History, history, until_drained
from tests.faults.recorder import Recorder
from tests.faults.stores import Home, Store

ROOT = Path(__file__).parents[2]


class Victim:
    """The service, started and killed over and over. It has one part or several, each a process."""

    def __init__(
        self, nursery: asyncio.subprocess.Process, ports: dict[str, int], app_secret: str, folder: Path
    ) -> None:
        self._nursery, self._ports, self._app_secret, self._folder = nursery, ports, app_secret, folder
        self.parts = tuple(ports)
        self.url = f"http://127.0.0.1:{ports[self.parts[0]]}"
        self.pids: dict[str, int] = {}
        self.moments: dict[str, int] = {}  # at which passage of a named moment a part started from now on dies
        self.kills = 0

    async def fork(self) -> None:
        """Start every part that does not run; returns at once."""
        assert self._nursery.stdin
        assert self._nursery.stdout
        for part in self.parts:
            if not self.alive(part):
                order = {"part": part, "port": self._ports[part], "moments": self.moments, "folder": str(self._folder)}
                self._nursery.stdin.write(json.dumps(order).encode() + b"\n")
                self.pids[part] = int(await self._nursery.stdout.readline())

    async def start(self) -> None:
        """Start what does not run and wait until turns are taken, or until a part died of its moment."""
        await self.fork()
        async with httpx.AsyncClient(trust_env=False) as http:
            for part in self.parts:
                while self.alive(part) and not await self._ready(http, part):
                    await asyncio.sleep(0.01)

    async def _ready(self, http: httpx.AsyncClient, part: str) -> bool:
        with suppress(httpx.HTTPError):
            answer = await http.get(f"http://127.0.0.1:{self._ports[part]}/health/ready", timeout=1)
            return answer.status_code == 200
        return False

    def alive(self, part: str) -> bool:
        return part in self.pids and Path(f"/proc/{self.pids[part]}").exists()

    @property
    def pid(self) -> int:
        """Of the part that listens."""
        return self.pids[self.parts[0]]

    def ask_to_stop(self, part: str) -> None:
        """Let it shut down by itself."""
        with suppress(ProcessLookupError):
            os.kill(self.pids[part], signal.SIGTERM)

    async def kill(self, *parts: str) -> None:
        """Kill parts, or all, whatever they are doing; they may have ended before."""
        for part in parts or tuple(self.pids):
            with suppress(ProcessLookupError):
                os.kill(self.pids[part], signal.SIGKILL)
            self.kills += 1
            while self.alive(part):
                await asyncio.sleep(0.002)

    def spent(self) -> set[str]:
        """Named moments that somebody died of."""
        return {file.name for file in self._folder.iterdir()}

    def forget(self) -> None:
        """Let the same moments be died of again."""
        for file in self._folder.iterdir():
            file.unlink()

    async def post(self, http: httpx.AsyncClient, body: bytes, *, signed: bool = True) -> int:
        """Deliver a webhook; returns the status."""
        headers = {"X-Hub-Signature-256": sign(self._app_secret if signed else "forged", body)}
        return (await http.post(f"{self.url}/whatsapp/webhook", content=body, headers=headers)).status_code


@dataclass
class Scene:
    """Everything around a victim."""

    emulator: Emulator
    mailbox: Mailbox
    recorder: Recorder
    victim: Victim
    store: Store

    async def history(self, *, patience_s: float = 60) -> History:
        """Once everything is quiet."""
        async with asyncio.timeout(patience_s):
            await self.emulator.settled()
            await until_drained(self.store)
            await self.emulator.settled()
        return history(self.store, self.recorder.operations)


@asynccontextmanager
async def open_scene(home: Home, free_port: Callable[[], int]) -> AsyncIterator[Scene]:
    """The service is not started yet: one process on SQLite, a receiver and two workers on PostgreSQL."""
    parts = ("receiver", "worker 1", "worker 2") if home.store.is_shared else ("all",)
    ports, outside = {part: free_port() for part in parts}, free_port()
    port = ports[parts[0]]
    whatsapp = demo_settings(port).whatsapp
    folder = home.data_dir.parent / "moments"
    folder.mkdir()
    async with Mailbox() as mailbox:
        emulator = Emulator(
            whatsapp.app_secret.get_secret_value(),
            whatsapp.access_token.get_secret_value(),
            whatsapp.phone_number_id,
            whatsapp.waba_id,
            f"http://127.0.0.1:{port}/whatsapp/webhook",
            phone_people(),
        )
        recorder = Recorder(emulator, mailbox)
        server = uvicorn.Server(
            uvicorn.Config(Starlette(routes=emulator_routes(emulator, mailbox)), port=outside, log_config=None)
        )
        async with emulator:
            serving = asyncio.create_task(server.serve())
            nursery = await asyncio.create_subprocess_exec(
                sys.executable, str(ROOT / "tests/faults/victim.py"), cwd=home.data_dir.parent,
                env=_environment(whatsapp, home, (port, outside), mailbox.port),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert nursery.stdout
            assert await nursery.stdout.readline() == b"imported\n"
            secret = whatsapp.app_secret.get_secret_value()
            victim = Victim(nursery, ports, secret, folder)
            yield Scene(emulator, mailbox, recorder, victim, home.store)
            await victim.kill()
            nursery.kill()
            await nursery.wait()
            server.should_exit = True
            emulator.feed.close()
            mailbox.feed.close()
            await serving


def _environment(whatsapp: WhatsAppSettings, home: Home, ports: tuple[int, int], mail_port: int) -> dict[str, str]:
    port, outside = ports
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "RECADO_PORT": str(port),
        "RECADO_DATA_DIR": str(home.data_dir),
        "RECADO_DATABASE__URL": home.url,
        "RECADO_WORKER__DEAD_AFTER": "2",
        "RECADO_LOG_LEVEL": "ERROR",
        "RECADO_TURNS__SETTLE": "0.05",
        "RECADO_INTAKE__FLOOR": "10000",  # overload is a row of its own
        "RECADO_DELIVERY__LEASE_AFTER_START": "1",
        "RECADO_DELIVERY__LEASE": "5",
        "RECADO_IDENTITY__RESEND_AFTER": "0",
        "RECADO_IDENTITY__PEPPER": "pepper for the faults",
        "RECADO_IDENTITY__CODES_PER_CONTACT_HOUR": "100000",
        "RECADO_IDENTITY__CODES_PER_CONTACT_DAY": "100000",
        "RECADO_IDENTITY__CODES_PER_EMAIL_HOUR": "100000",
        "RECADO_IDENTITY__CODES_PER_EMAIL_DAY": "100000",
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
