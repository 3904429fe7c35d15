"""Acknowledgements: how fast a webhook is stored for good and answered, beside other ways to write the same thing."""

import asyncio
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from tests.bench.load import PEOPLE, closed_loop, open_loop, requests
from tests.bench.processes import Group, free_port
from tests.bench.servers import SECRET
from tests.stores import postgres_database, postgres_trouble

PATH = "/whatsapp/webhook"
ROUNDS = 3  # interleaved, so that other load on the machine meets all servers alike
TOTAL = 2000  # requests a server and round
SERVERS = {
    "recado": "Recado, SQLite",
    "postgresql": "Recado, PostgreSQL",
    "asgi": "bare ASGI, same store",
    "fastapi": "FastAPI, same store",
    "inline": "FastAPI, inline commit",
    "nothing": "FastAPI, no store",
}
BESIDE = {name: SERVERS[name] for name in ("asgi", "fastapi")}


@dataclass(frozen=True, slots=True)
class Server:
    """A server under load."""

    port: int
    group: Group


@contextmanager
def running(name: str) -> Iterator[Server]:
    """Start a server of `servers.py` in a process and a folder of its own."""
    server = Server(free_port(), Group())
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = [stack.enter_context(postgres_database())] if name == "postgresql" else []
        stack.callback(server.group.stop)
        server.group.start(["-m", "tests.bench.servers", name, str(server.port), folder, *url], Path(folder), {})
        _wait_for(server.port)
        yield server


def _wait_for(port: int) -> None:
    for _ in range(400):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")


@dataclass(slots=True)
class Rate:
    """Acknowledgements a second in each round, and the server's processor time for one."""

    rounds: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)


def names() -> list[str]:
    """Who can take part here."""
    return [name for name in SERVERS if name != "postgresql" or not postgres_trouble()]


def throughput(total: int = TOTAL) -> dict[str, Rate]:
    """Each server as fast as 16 connections drive it, in interleaved rounds."""
    rates = {name: Rate() for name in names()}
    for _ in range(ROUNDS):
        for name, rate in rates.items():
            with running(name) as server:
                _warm(server)
                before = server.group.cpu_seconds()
                rate.rounds.append(asyncio.run(closed_loop(server.port, list(requests(SECRET, PATH, total)))))
                rate.cpu_us.append((server.group.cpu_seconds() - before) / total * 1e6)
    return rates


def ratio(rates: dict[str, Rate], name: str, to: str) -> float:
    """Throughput beside another server's, the median over the rounds."""
    return median(a / b for a, b in zip(rates[name].rounds, rates[to].rounds, strict=True))


def cpu_ratio(rates: dict[str, Rate], name: str, to: str) -> float:
    """The same by processor time, which other load stretches less."""
    return min(rates[to].cpu_us) / min(rates[name].cpu_us)


def latency(name: str, rate: int, seconds: float) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds at an open-loop rate per second."""
    with running(name) as server:
        _warm(server)
        taken = asyncio.run(open_loop(server.port, list(requests(SECRET, PATH, int(rate * seconds))), rate))
    cuts = quantiles(taken, n=100)
    return cuts[49] * 1000, cuts[98] * 1000


def _warm(server: Server) -> None:
    """Every one of the 500 people has written once, as in a house that has been up for a day."""
    asyncio.run(closed_loop(server.port, list(requests(SECRET, PATH, PEOPLE))))
