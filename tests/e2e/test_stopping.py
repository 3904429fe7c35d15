"""A service that is asked to stop: what is under way is finished, what is not stays for the next one."""

import asyncio
import json
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.container import open_house
from app.settings import Settings
from app.staff.accounts import NewStaff, Password, add_staff
from app.staff.passwords import hash_password
from tests.collector import collecting
from tests.console.conftest import PASSWORD, Browser
from tests.e2e.processes import Outside, ended, outside

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
async def world(founded, tmp_path, free_port) -> AsyncIterator[Outside]:
    shutil.copytree(founded, tmp_path / "data")
    async with outside(tmp_path / "data", (free_port(), free_port())) as world:
        yield world


def rows(data_dir: Path, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(data_dir / "recado.db") as connection:
        return connection.execute(query).fetchall()


async def test_told_to_stop_it_finishes_the_turn_and_records_the_send_under_way(world, tmp_path):
    somebody = next(iter(world.emulator.people)).id
    async with world.started("serve", port=world.port) as process:
        world.whatsapp.seconds = 1.0
        await world.emulator.say(somebody, "bom dia")
        await asyncio.wait_for(world.whatsapp.arrived.wait(), 60)
        code, told = await ended(process)
    assert code == 0, told
    assert rows(tmp_path / "data", "SELECT DISTINCT state FROM inbox") == [("done",)]
    states = rows(tmp_path / "data", "SELECT state, wamid IS NOT NULL FROM outbox")
    assert states
    assert {state for state, known in states if known} <= {"sent", "delivered", "read"}
    assert not [state for state, _ in states if state == "sending"], "nothing is left in doubt"
    lines = [json.loads(line) for line in told.splitlines()]
    assert not [line for line in lines if line["level"] in ("error", "critical")]


async def test_a_page_that_is_kept_up_to_date_ends_by_itself_and_no_error_is_logged(world, tmp_path):
    async with open_house(Settings(data_dir=tmp_path / "data")) as house:
        new = NewStaff("ana@ipe.example", "Ana", ("agent",), "en", "UTC")
        await house.database.write(lambda s: add_staff(s, new, Password(hash_password(PASSWORD)), house.clock()))
    origin = f"http://127.0.0.1:{world.port}"
    async with (
        world.started("serve", port=world.port, RECADO_CONSOLE__SECOND_STEP="[]") as process,
        Browser(base_url=origin, trust_env=False) as browser,
    ):
        await browser.sign_in("ana@ipe.example", PASSWORD)
        async with browser.stream("GET", "/desk/events") as page:
            lines = page.aiter_lines()
            while not (await anext(lines)).startswith("event: counts"):
                pass
            code, told = await ended(process)
            rest = [line async for line in lines]
    assert code == 0, told
    assert "event: over" not in rest, "the session goes on in the next process"
    assert not [line for line in map(json.loads, told.splitlines()) if line["level"] in ("error", "critical")]


async def test_what_would_take_too_long_is_kept_and_answered_by_the_next_process(world, tmp_path):
    somebody = next(iter(world.emulator.people)).id
    slow = {"RECADO_TURNS__SETTLE": "60", "RECADO_TURNS__SETTLE_LONGEST": "60", "RECADO_DRAIN": "0.2"}
    async with world.started("serve", port=world.port, **slow) as process:
        await world.emulator.say(somebody, "bom dia")
        await world.emulator.settled()
        code, told = await ended(process, signal.SIGINT)
    assert code == 0, told
    assert rows(tmp_path / "data", "SELECT state FROM inbox") == [("new",)]
    async with world.started("serve", port=world.port) as process:
        assert await world.emulator.replies(somebody, timeout=60)
        assert (await ended(process))[0] == 0


async def test_a_worker_beside_the_receiver_continues_its_trace_and_stops_as_well(world, stores, free_port):
    somebody = next(iter(world.emulator.people)).id
    with stores.postgres() as url:
        async with collecting(free_port()) as collector:
            port = free_port()
            common = {"RECADO_DATABASE__URL": url, "RECADO_TRACES__ENDPOINT": collector.url}
            common["RECADO_WORKER__PORT"] = str(port)
            async with (
                world.started("serve", port=world.port, **common) as receiver,
                world.started("worker", "-c", "2", port=port, **common) as worker,
            ):
                await world.emulator.say(somebody, "bom dia")
                assert await world.emulator.replies(somebody, timeout=60)
                stopped = await asyncio.gather(ended(worker), ended(receiver))
    assert [code for code, _ in stopped] == [0, 0], stopped
    send = collector.named("whatsapp POST messages")[-1]
    assert collector.path(send) == ["webhook", "turn", "deliver message", "whatsapp POST messages"]
    webhook = next(span for span in collector.spans if span.trace_id == send.trace_id and span.name == "webhook")
    assert collector.instance[webhook.span_id] != collector.instance[send.span_id], "each in a process of its own"
