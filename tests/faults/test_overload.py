"""Five times more messages than can be served: refused before they are taken, and whoever writes little is served."""

import asyncio
import json
import os
import secrets
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

import app.mind
from app.demo.run import PHONE_NUMBER_ID
from app.settings import IntakeSettings, TurnSettings
from graph.turn import Agent
from tests.faults.history import until_drained
from tests.faults.town import Town

pytestmark = [
    pytest.mark.faults,
    pytest.mark.timeout(300 + 2 * float(os.environ.get("RECADO_FAULT_OVERLOAD", "6")), func_only=True),
]

TURN_S = 0.25
IN_PROGRESS = 2
CAPACITY = IN_PROGRESS / TURN_S  # turns a second at most
SECONDS = float(os.environ.get("RECADO_FAULT_OVERLOAD", "6"))
FLOODS, QUIET = 5, 3
FLOOR = 60


class SlowAgent(Agent):
    """Thinks as long as a model would."""

    async def think(self, checkpoint, burst, context):
        await asyncio.sleep(TURN_S)
        return await super().think(checkpoint, burst, context)


def message(who: str) -> tuple[str, bytes]:
    wamid = f"wamid.{secrets.token_hex(12)}"
    item = {"from": who, "id": wamid, "timestamp": "1795440000", "type": "text", "text": {"body": "oi"}}
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": PHONE_NUMBER_ID}, "messages": [item]}
    changes = [{"field": "messages", "value": value}]
    return wamid, json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}
    ).encode()


@dataclass
class Crowd:
    """Posts messages and remembers what was said to each."""

    town: Town
    http: httpx.AsyncClient
    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    taken: set[str] = field(default_factory=set)
    times: list[float] = field(default_factory=list)

    async def post(self, kind: str, who: str) -> str:
        wamid, body = message(who)
        started = time.perf_counter()
        status = await self.town.post(self.http, body)
        self.times.append((time.perf_counter() - started) * 1000)
        self.answers[kind][status] += 1
        if status == 200:
            self.taken.add(wamid)
        return wamid

    async def flood(self, people: list[str]) -> None:
        """Five times what can be served, whatever is answered."""
        async with asyncio.TaskGroup() as posts:
            for n in range(int(SECONDS * 5 * CAPACITY)):
                posts.create_task(self.post("floods", people[n % len(people)]))
                await asyncio.sleep(1 / (5 * CAPACITY))

    async def converse(self, who: str) -> None:
        """One message after the other, each once the last was read."""
        while True:
            wamid = await self.post("quiet", who)
            while self.town.rows(f"SELECT 1 FROM inbox WHERE wamid = '{wamid}' AND state = 'new'"):  # noqa: S608 -- ours
                await asyncio.sleep(0.1)


@pytest.fixture
async def town(build, monkeypatch) -> Town:
    monkeypatch.setattr(app.mind, "Agent", SlowAgent)
    return await build(
        # One message a turn: what is served does not grow with what waits.
        turns=TurnSettings(settle=timedelta(0), in_progress=IN_PROGRESS, most_messages=1),
        intake=IntakeSettings(floor=FLOOR, patience=timedelta(seconds=2)),
    )


async def test_at_five_times_capacity_what_was_taken_is_served_and_those_who_write_little_get_through(
    town, figure
) -> None:
    floods, quiet = town.strangers(FLOODS), town.strangers(QUIET)
    for who in (*floods, *quiet):
        await town.emulator.say(who, "oi")  # opens their window
    await town.history()
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        crowd = Crowd(town, http)
        talking = [asyncio.create_task(crowd.converse(who)) for who in quiet]
        await crowd.flood(floods)
        health = await town.health()
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)
        over = time.monotonic()
        async with asyncio.timeout(90):
            await until_drained(town.store)
        drained = time.monotonic() - over
        await crowd.post("afterwards", floods[0])
        await until_drained(town.store)
    kept = dict(town.rows("SELECT wamid, state FROM inbox"))
    lost = len(crowd.taken - kept.keys())
    p99 = sorted(crowd.times)[int(len(crowd.times) * 0.99)]
    said = {kind: dict(answers) for kind, answers in crowd.answers.items()}
    figure(
        "F18",
        f"{SECONDS} s at 5 x {CAPACITY:.0f}/s: {said}, {lost} lost, p99 ack {p99:.0f} ms, "
        f"drained {drained:.1f} s after; health said {health['intake']['state']!r}",
    )
    assert lost == 0
    assert set(kept.values()) == {"done"}
    assert {kind: set(answers) for kind, answers in said.items()} == {
        "floods": {200, 503},
        "quiet": {200},
        "afterwards": {200},
    }
    assert health["intake"]["state"].startswith("refuses")
    assert health["ready"] is True
