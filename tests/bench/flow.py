"""The whole way: webhooks in, replies delivered to an emulated WhatsApp, the service in a process of its own."""

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from app.emulator.people import Person
from app.emulator.switchboard import Emulator
from app.settings import Settings
from tests.bench.ack import ROOT, Server, free_port
from tests.bench.company import found, number

WORDS = (
    "minha vpn dá erro 809 aqui em casa",
    "quantos dias de férias eu posso vender?",
    "preciso que abram um chamado: meu crachá não abre a porta",
    "e o meu chamado?",
    "cadê meu holerite desse mês?",
)
UNLIMITED = 100_000  # messages a second: the bench measures us, not Meta's 80
PATIENCE = 120.0  # seconds for everything to be answered


@dataclass(frozen=True, slots=True)
class Flow:
    """What a run of the whole service showed."""

    seconds_to_live: float
    seconds_to_ready: float
    turns: int
    turns_per_second: float
    cpu_ms_per_turn: float
    unanswered: int
    megabytes_at_start: float
    megabytes_after: float


async def measure(people: int) -> Flow:
    """Everybody asks one thing at the same moment; the clock stops when the last has an answer."""
    with tempfile.TemporaryDirectory() as folder:
        settings = await found(Path(folder) / "data", people)
        port, outside = free_port(), free_port()
        emulator = _emulator(settings, people, port)
        async with _served(emulator, outside), emulator, _service(settings, folder, port, outside) as (server, live):
            ready = await _answers(port, "/health/ready")
            at_start, used = megabytes(server.pid), server.cpu_seconds()
            started = time.perf_counter()
            await asyncio.gather(*[emulator.say(str(n), WORDS[n % len(WORDS)]) for n in range(people)])
            answered = await _all_answered(emulator, people)
            seconds = time.perf_counter() - started
            return Flow(
                seconds_to_live=live,
                seconds_to_ready=ready + live,
                turns=answered,
                turns_per_second=answered / seconds,
                cpu_ms_per_turn=(server.cpu_seconds() - used) / max(answered, 1) * 1000,
                unanswered=people - answered,
                megabytes_at_start=at_start,
                megabytes_after=megabytes(server.pid),
            )


def _emulator(settings: Settings, people: int, port: int) -> Emulator:
    whatsapp = settings.whatsapp
    return Emulator(
        whatsapp.app_secret.get_secret_value(),
        whatsapp.access_token.get_secret_value(),
        whatsapp.phone_number_id,
        whatsapp.waba_id,
        f"http://127.0.0.1:{port}/whatsapp/webhook",
        [Person(str(n), "Ana", number(n), language="pt-BR") for n in range(people)],
        messages_per_second=UNLIMITED,
    )


@asynccontextmanager
async def _served(emulator: Emulator, port: int) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(emulator.app, port=port, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        emulator.feed.close()
        await serving


@asynccontextmanager
async def _service(settings: Settings, folder: str, port: int, outside: int) -> AsyncIterator[tuple[Server, float]]:
    """The service as `recado serve` starts it; yields it with the seconds until it took webhooks."""
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", "serve", cwd=folder, env=_environment(settings, port, outside)
    )
    try:
        await _answers(port, "/health/live")
        yield Server(port, process.pid), time.perf_counter() - started
    finally:
        process.terminate()
        await process.wait()


def _environment(settings: Settings, port: int, outside: int) -> dict[str, str]:
    whatsapp = settings.whatsapp
    return {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "RECADO_PORT": str(port),
        "RECADO_DATA_DIR": str(settings.data_dir),
        "RECADO_LOG_LEVEL": "ERROR",
        "RECADO_TURNS__SETTLE": "0.05",
        "RECADO_INTAKE__FLOOR": str(UNLIMITED),  # turns are measured, not refusals
        "RECADO_WHATSAPP__APP_SECRET": whatsapp.app_secret.get_secret_value(),
        "RECADO_WHATSAPP__VERIFY_TOKEN": "bench",
        "RECADO_WHATSAPP__ACCESS_TOKEN": whatsapp.access_token.get_secret_value(),
        "RECADO_WHATSAPP__PHONE_NUMBER_ID": whatsapp.phone_number_id,
        "RECADO_WHATSAPP__BASE_URL": f"http://127.0.0.1:{outside}",
        "RECADO_WHATSAPP__MESSAGES_PER_SECOND": str(UNLIMITED),
        "RECADO_MAIL__HOST": "127.0.0.1",
        "RECADO_MAIL__SENDER": "bench@ipe.example",
        "RECADO_COMPANY__NAME": settings.company.name,
    }


async def _answers(port: int, path: str) -> float:
    """Seconds until this path says 200."""
    started = time.perf_counter()
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request)
                head = await reader.readline()
                writer.close()
                if b" 200 " in head:
                    return time.perf_counter() - started
            await asyncio.sleep(0.02)


async def _all_answered(emulator: Emulator, people: int) -> int:
    """Wait until everybody has an answer, or patience ends; returns how many have."""
    waiting = {str(n) for n in range(people)}
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while waiting:
                waiting = {who for who in waiting if not emulator.outbox(who)}
                await asyncio.sleep(0.02)
    return people - len(waiting)


def megabytes(pid: int) -> float:
    """Resident memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
