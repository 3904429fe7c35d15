"""The service as its own processes, as an operator starts them, with the outside world in the test's process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from app.demo.run import demo_settings, phone_people
from app.emulator.mailbox import Mailbox
from app.emulator.routes import emulator_routes
from app.emulator.switchboard import Emulator

ROOT = Path(__file__).parents[2]
PATIENCE_S = 100  # for a process to be ready or to end, on a machine that has other things to do


@dataclass
class Slow:
    """WhatsApp, whose send calls take a while; `arrived` is set when one has come in."""

    app: ASGIApp
    seconds: float = 0.0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].endswith("/messages") and self.seconds:
            self.arrived.set()
            await asyncio.sleep(self.seconds)
        await self.app(scope, receive, send)


@dataclass
class Outside:
    """Everything that is not ours, and how our processes are to reach it."""

    emulator: Emulator
    mailbox: Mailbox
    whatsapp: Slow
    port: int
    environment: dict[str, str]

    @asynccontextmanager
    async def started(self, *words: str, port: int, **settings: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """`recado WORDS`, ready; killed afterwards if it has not ended."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app.cli", *words,
            cwd=ROOT, env=self.environment | settings, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            await _until_ready(process, f"http://127.0.0.1:{port}/health/ready")
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def ended(process: asyncio.subprocess.Process, sign: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
    """Ask a process to stop; returns its exit code and what it logged."""
    process.send_signal(sign)
    _, told = await asyncio.wait_for(process.communicate(), PATIENCE_S)
    return process.returncode or 0, told.decode()


async def _until_ready(process: asyncio.subprocess.Process, url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http, asyncio.timeout(PATIENCE_S):
        while True:
            if process.returncode is not None:
                raise AssertionError((await process.communicate())[1].decode())
            with suppress(httpx.HTTPError):
                if (await http.get(url)).status_code == 200:
                    return
            await asyncio.sleep(0.05)


@asynccontextmanager
async def outside(data_dir: Path, ports: tuple[int, int]) -> AsyncIterator[Outside]:
    """`ports` are the service's and WhatsApp's."""
    port, whatsapp_port = ports
    own = demo_settings(port).whatsapp
    secret, token = own.app_secret.get_secret_value(), own.access_token.get_secret_value()
    callback = f"http://127.0.0.1:{port}/whatsapp/webhook"
    async with Mailbox() as mailbox:
        emulator = Emulator(secret, token, own.phone_number_id, own.waba_id, callback, phone_people())
        whatsapp = Slow(Starlette(routes=emulator_routes(emulator, mailbox)))
        server = uvicorn.Server(uvicorn.Config(whatsapp, port=whatsapp_port, log_config=None, lifespan="off"))
        async with emulator:
            serving = asyncio.create_task(server.serve())
            yield Outside(emulator, mailbox, whatsapp, port, {
                "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1",
                "RECADO_PORT": str(port), "RECADO_DATA_DIR": str(data_dir), "RECADO_TURNS__SETTLE": "0.05",
                "RECADO_WHATSAPP__APP_SECRET": secret, "RECADO_WHATSAPP__VERIFY_TOKEN": "v",
                "RECADO_WHATSAPP__ACCESS_TOKEN": token, "RECADO_WHATSAPP__PHONE_NUMBER_ID": own.phone_number_id,
                "RECADO_WHATSAPP__BASE_URL": f"http://127.0.0.1:{whatsapp_port}",
                "RECADO_MAIL__HOST": "127.0.0.1", "RECADO_MAIL__PORT": str(mailbox.port),
                "RECADO_MAIL__STARTTLS": "false", "RECADO_MAIL__SENDER": "recado@ipe.example",
                "RECADO_IDENTITY__PEPPER": "pepper-of-the-test",
            })  # fmt: skip
            server.should_exit = True
            emulator.feed.close()
            await serving
