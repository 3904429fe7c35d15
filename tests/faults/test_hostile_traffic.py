"""Bodies of three megabytes, deep, broken, forged, and a byte a second, while good webhooks go on being taken."""

import asyncio
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from app.demo.run import PHONE_NUMBER_ID
from tests.faults.victims import Scene

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(120, func_only=True),
    pytest.mark.parametrize("home", ["sqlite"], indirect=True),
]

LARGEST = 3 * 1024 * 1024
SECONDS = 5.0  # of good traffic, without and with the attack
GOOD_PER_SECOND = 40
LORISES = 200
MOST_GROWTH_MB = 64

HOSTILE: dict[str, tuple[Callable[[], bytes], bool, set[int]]] = {
    "3 MB": (lambda: b'{"object":"' + b"x" * (LARGEST - 13) + b'"}', True, {400}),
    "3 MB and a byte": (lambda: b" " * (LARGEST + 1), True, {413, 0}),
    "100,000 deep": (lambda: b'{"object":' + b"[" * 100_000 + b"]" * 100_000 + b"}", True, {400}),
    "not utf-8": (lambda: b'{"object":"\xff"}', True, {400}),
    "forged": (lambda: _message("x"), False, {401}),
    "3 MB forged": (lambda: b"x" * LARGEST, False, {401}),
}


def _message(wamid: str) -> bytes:
    message = {
        "from": f"55119777{secrets.randbelow(10_000):04}",
        "id": wamid,
        "timestamp": "1795440000",
        "type": "reaction",
    }
    message["reaction"] = {"message_id": "wamid.gone", "emoji": "👍"}
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": PHONE_NUMBER_ID}, "messages": [message]}
    changes = [{"field": "messages", "value": value}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}).encode()


async def good_traffic(scene: Scene) -> tuple[list[str], list[float]]:
    """Webhooks at a steady pace; returns what was acknowledged and how long each took, in ms."""
    taken, times = [], []

    async def one(http: httpx.AsyncClient) -> None:
        wamid, started = f"wamid.{secrets.token_hex(12)}", time.perf_counter()
        assert await scene.victim.post(http, _message(wamid)) == 200
        times.append((time.perf_counter() - started) * 1000)
        taken.append(wamid)

    async with httpx.AsyncClient(trust_env=False, timeout=30) as http, asyncio.TaskGroup() as posts:
        for _ in range(int(SECONDS * GOOD_PER_SECOND)):
            posts.create_task(one(http))
            await asyncio.sleep(1 / GOOD_PER_SECOND)
    return taken, sorted(times)


async def attack(scene: Scene, seen: Counter[tuple[str, int]]) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        while True:
            for name, (body, signed, _) in HOSTILE.items():
                status = 0
                with suppress(httpx.WriteError, httpx.ReadError):
                    status = await scene.victim.post(http, body(), signed=signed)
                seen[name, status] += 1
            await asyncio.sleep(0.2)


async def loris(port: int) -> bytes:
    """Send a body a byte a second; returns how the service ends it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST /whatsapp/webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
    with suppress(ConnectionError, TimeoutError):
        for _ in range(15):
            writer.write(b"x")
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    answer = await reader.readline()
                    writer.close()
                    return answer
    writer.close()
    return b""


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6


async def test_hostile_bodies_and_slow_ones_cost_good_ones_little(scene: Scene, figure) -> None:
    await scene.victim.start()
    pid = scene.victim.pid
    calm_taken, calm = await good_traffic(scene)
    before, seen = resident_mb(pid), Counter[tuple[str, int]]()
    attacking = asyncio.create_task(attack(scene, seen))
    slow = [asyncio.create_task(loris(int(scene.victim.url.rpartition(":")[2]))) for _ in range(LORISES)]
    taken, times = await good_traffic(scene)
    ends = Counter(await asyncio.gather(*slow))
    attacking.cancel()
    await asyncio.gather(attacking, return_exceptions=True)
    growth = resident_mb(pid) - before
    kept = {wamid for (wamid,) in scene.store.rows("SELECT wamid FROM inbox")}
    lost = len({*taken, *calm_taken} - kept)
    await scene.victim.kill()
    p99 = [values[int(len(values) * 0.99)] for values in (calm, times)]
    figure(
        "F12",
        f"{seen.total()} hostile bodies, {LORISES} slow ones: {len(taken)} of {len(taken)} good ones taken, "
        f"{lost} lost, p99 {p99[0]:.0f} -> {p99[1]:.0f} ms, memory {growth:+.0f} MB, slow ones ended with {dict(ends)}",
    )
    assert lost == 0
    assert {name: status for name, status in seen if status not in HOSTILE[name][2]} == {}
    assert set(ends) == {b"HTTP/1.1 408 Request Timeout\r\n"}
    assert growth < MOST_GROWTH_MB
