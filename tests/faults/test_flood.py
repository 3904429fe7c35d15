"""Five times more messages than can be answered: what is refused is refused at once, what is acked is answered."""

import asyncio
import itertools
import json
import os
import secrets
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx
import pytest

from app.demo.run import PHONE_NUMBER_ID
from app.emulator.people import Person
from tests.faults.victims import Scene

pytestmark = [pytest.mark.faults, pytest.mark.timeout(0)]

SECONDS = float(os.environ.get("RECADO_FAULT_OVERLOAD", "10"))
TIMES = 5  # as many as can be answered
GREEDY_SHARE = 0.2  # of all messages, from one phone
PEOPLE = 200
CALIBRATION = 60  # messages
BACK_TO_NORMAL = 60.0  # seconds, as promised
NO_ANSWER = 0  # within the time WhatsApp waits: it would tell the message again
AT_ONCE = 400  # deliveries under way


@dataclass
class Crowd:
    """Phones that write straight to the webhook, as fast as they are told to."""

    scene: Scene
    http: httpx.AsyncClient
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)  # ms by which this process itself was late
    _said: itertools.count = field(default_factory=itertools.count)

    def join(self, count: int) -> list[str]:
        """So many phones that WhatsApp knows."""
        numbers = [f"55118{next(self._said):08d}" for _ in range(count)]
        for number in numbers:
            self.scene.emulator.people.add(Person(number, "Alguém", number, f"BR.{number}"))
            self.scene.emulator.chat(number).opened_at = self.scene.emulator.now()
        return numbers

    async def write(self, who: str, kind: str) -> int:
        """One message; WhatsApp would tell a refused one again later, here it is dropped."""
        wamid, started = f"wamid.{secrets.token_hex(12)}", time.perf_counter()
        self.scene.recorder.note("said", who, wamid)
        try:
            status = await self.scene.victim.post(self.http, _webhook(who, wamid))
        except httpx.TransportError:
            status = 0
        self.milliseconds.append((time.perf_counter() - started) * 1000)
        self.statuses[kind, status] += 1
        if status == 200:
            self.scene.recorder.note("acked", who, wamid)
        return status

    async def watch_itself(self) -> None:
        """What the crowd's own process waits for is no fault of the service."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.01)
            self.lag.append((time.perf_counter() - before) * 1000 - 10)

    def refused_share(self, kind: str) -> float:
        mine = {status: count for (one, status), count in self.statuses.items() if one == kind}
        return mine.get(503, 0) / max(1, sum(mine.values()))


def _webhook(who: str, wamid: str) -> bytes:
    message = {
        "from": who,
        "from_user_id": f"BR.{who}",
        "id": wamid,
        "timestamp": str(int(time.time())),
        "type": "text",
    }
    contact = {"profile": {"name": "Alguém"}, "wa_id": who, "user_id": f"BR.{who}"}
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": PHONE_NUMBER_ID}}
    value |= {"contacts": [contact], "messages": [message | {"text": {"body": "oi, preciso de ajuda"}}]}
    changes = [{"field": "messages", "value": value}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}).encode()


async def capacity(crowd: Crowd) -> float:
    """Messages a second that are answered when as many wait as there are phones."""
    started = time.monotonic()
    phones = crowd.join(CALIBRATION)
    await asyncio.gather(*(crowd.write(who, "calibration") for who in phones))
    await crowd.scene.history(patience_s=120)
    return CALIBRATION / (time.monotonic() - started)


async def flood(crowd: Crowd, rate: float) -> None:
    """An open loop: who is not answered in time does not keep the next from writing."""
    greedy, *people = crowd.join(PEOPLE + 1)
    turns, free = itertools.cycle(people), asyncio.Semaphore(AT_ONCE)
    started, begun = time.monotonic(), 0

    async def one(who: str, kind: str) -> None:
        async with free:
            await crowd.write(who, kind)

    async with asyncio.TaskGroup() as writing:
        while (now := time.monotonic() - started) < SECONDS:
            while begun < now * rate:
                begun += 1
                is_greedy = begun % round(1 / GREEDY_SHARE) == 0
                who = (greedy, "greedy") if is_greedy else (next(turns), "others")
                writing.create_task(one(*who))
            await asyncio.sleep(0.01)


async def test_at_five_times_what_can_be_answered_the_rest_is_refused_and_nothing_lost(scene: Scene, figure):
    await scene.victim.start()
    async with httpx.AsyncClient(trust_env=False, timeout=30, limits=httpx.Limits(max_connections=AT_ONCE)) as http:
        crowd = Crowd(scene, http)
        able = await capacity(crowd)
        crowd.milliseconds.clear()
        watching = asyncio.create_task(crowd.watch_itself())
        await flood(crowd, able * TIMES)
        watching.cancel()
        times, lag = sorted(crowd.milliseconds), sorted(crowd.lag)
        started = time.monotonic()
        async with asyncio.timeout(BACK_TO_NORMAL):
            (late,) = crowd.join(1)
            while await crowd.write(late, "late") != 200:
                await asyncio.sleep(0.2)
            while not scene.emulator.outbox(late):
                await asyncio.sleep(0.05)
        normal = time.monotonic() - started
        what = await scene.history(patience_s=600)
    acked, refused = (sum(n for (_, s), n in crowd.statuses.items() if s == status) for status in (200, 503))
    figure(
        "F18",
        f"{able:.0f} messages/s can be answered, {able * TIMES:.0f}/s for {SECONDS:.0f} s: {acked} acked, {refused} "
        f"refused with 503 ({crowd.refused_share('greedy'):.0%} of the greedy phone's, "
        f"{crowd.refused_share('others'):.0%} of the others'), ack p50 {_part(times, 0.5)}, p99 {_part(times, 0.99)} "
        f"(the crowd's own process late by {_part(lag, 0.5)}, {_part(lag, 0.99)}), "
        f"a new phone answered {normal:.0f} s after; {what}",
    )
    what.hold()
    assert {status for _, status in crowd.statuses} <= {200, 503, NO_ANSWER}
    assert refused > 0
    assert crowd.refused_share("greedy") > crowd.refused_share("others")


def _part(ordered: list[float], share: float) -> str:
    return f"{ordered[int(len(ordered) * share)]:.0f} ms"
