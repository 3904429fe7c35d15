"""Carries signed webhooks to the business over real HTTP, again and again until they are taken."""

import asyncio
import hashlib
import hmac
import json
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.emulator.faults import Faults
from app.emulator.webhooks import Line, envelope

_log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
BATCH_WAIT_S = 0.05
SHUFFLE_WITHIN_S = 0.25
TIMEOUT_S = 10.0

Parcel = tuple[dict[str, Any], "asyncio.Future[None]"]


def sign(app_secret: str, body: bytes) -> str:
    """Return the value of `X-Hub-Signature-256` for a body."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass
class Courier:
    """One lane per person, each in order; a lane tries its parcel until the business answers 200.

    Pauses between tries double from 50 ms to 2 s (Meta's take days). `url` gives the callback at each try, so it
    may be set or changed at any time; while it is empty, parcels wait.
    """

    app_secret: str
    line: Line
    faults: Faults
    url: Callable[[], str]
    attempts: int = 0
    refused: int = 0
    _lanes: dict[str, "asyncio.Queue[Parcel]"] = field(default_factory=dict)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    _waiting: set["asyncio.Future[None]"] = field(default_factory=set)
    _client: httpx.AsyncClient | None = None
    _dice: random.Random = field(default_factory=lambda: random.Random(20261123))  # noqa: S311 - order, no secret

    async def start(self) -> None:
        """Open the connection pool; parcels posted before wait in their lanes."""
        self._client = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False)
        for lane in self._lanes.values():
            self._spawn(self._walk(lane))

    async def stop(self) -> None:
        """Abandon what is under way, like a process that ends."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for taken in list(self._waiting):
            taken.cancel()
        self._lanes.clear()
        if self._client:
            await self._client.aclose()
        self._client = None

    def post(self, person_id: str, value: dict[str, Any]) -> "asyncio.Future[None]":
        """Put one webhook value on its way; the future is done when the business answered 200."""
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(taken)
        taken.add_done_callback(self._waiting.discard)
        name = "batch" if self.faults.webhook_batch > 1 else person_id
        if name not in self._lanes:
            self._lanes[name] = asyncio.Queue()
            if self._client:
                self._spawn(self._walk(self._lanes[name]))
        self._lanes[name].put_nowait((value, taken))
        return taken

    async def settled(self) -> None:
        """Wait until everything posted so far was taken."""
        while self._waiting:
            await asyncio.wait(list(self._waiting))

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _walk(self, lane: "asyncio.Queue[Parcel]") -> None:
        while True:
            parcels = await self._load(lane)
            if self.faults.webhook_shuffle:
                self._spawn(self._deliver(parcels, self._dice.uniform(0, SHUFFLE_WITHIN_S)))
            else:
                await self._deliver(parcels, 0.0)

    async def _load(self, lane: "asyncio.Queue[Parcel]") -> list[Parcel]:
        parcels = [await lane.get()]
        if self.faults.webhook_batch > 1:
            await asyncio.sleep(BATCH_WAIT_S)
            while not lane.empty() and len(parcels) < self.faults.webhook_batch:
                parcels.append(lane.get_nowait())
        return parcels

    async def _deliver(self, parcels: list[Parcel], pause_s: float) -> None:
        await asyncio.sleep(pause_s + self.faults.webhook_delay_s)
        body = json.dumps(envelope(self.line, [value for value, _ in parcels])).encode()
        copies = max(1, self.faults.webhook_copies)
        await asyncio.gather(*(self._insist(body) for _ in range(copies)))
        for _, taken in parcels:
            if not taken.done():
                taken.set_result(None)

    async def _insist(self, body: bytes) -> None:
        pause_s = FIRST_PAUSE_S
        while not await self._try(body):
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _try(self, body: bytes) -> bool:
        url = self.url()
        if not url or self._client is None:
            return False
        self.attempts += 1
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(self.app_secret, body)}
        try:
            answer = await self._client.post(url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, AttributeError) as error:  # uvloop: lost as it was made
            _log.info("webhook not delivered: %s", type(error).__name__)
            self.refused += 1
            return False
        self.refused += answer.status_code != 200
        return answer.status_code == 200
