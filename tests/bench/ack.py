"""Acknowledgements: how fast a webhook is stored for good and answered, beside other ways to write the same thing."""

import asyncio
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import quantiles

from load import closed_loop, open_loop, requests
from servers import SECRET

ROOT = Path(__file__).parents[2]
PATH = "/whatsapp/webhook"
ROUNDS = 3  # interleaved, so that other load on the machine meets all servers alike


@contextmanager
def running(name: str) -> Iterator[int]:
    """Start a server; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(Path(__file__).with_name("servers.py")), name, str(port), folder]
        process = subprocess.Popen(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"})
        try:
            _wait_for(port)
            yield port
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(400):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")


def throughput(total: int = 4000) -> dict[str, float]:
    """Acknowledgements per second of each server with 16 connections: the best of the rounds."""
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name in ("nothing", "asgi", "fastapi", "inline", "recado"):
            with running(name) as port:
                asyncio.run(closed_loop(port, list(requests(SECRET, PATH, 300))))
                rate = asyncio.run(closed_loop(port, list(requests(SECRET, PATH, total))))
            best[name] = max(rate, best.get(name, 0.0))
    return best


def latency(rate: int, seconds: float = 5.0) -> tuple[float, float]:
    """Median and 99th percentile in milliseconds at an open-loop rate per second."""
    with running("recado") as port:
        asyncio.run(closed_loop(port, list(requests(SECRET, PATH, 300))))
        taken = asyncio.run(open_loop(port, list(requests(SECRET, PATH, int(rate * seconds))), rate))
    cuts = quantiles(taken, n=100)
    return cuts[49] * 1000, cuts[98] * 1000
