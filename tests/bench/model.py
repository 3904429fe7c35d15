"""`python -m tests.bench.model`: every fault of a provider against the running service, counted; and calls per turn."""

import asyncio
import logging
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from app.container import open_house
from app.db.models import Turn
from app.demo.load import load_company, load_knowledge
from app.demo.run import demo_settings
from app.settings import IdentitySettings, LlmSettings
from app.thinking.costs import costs
from tests.e2e.conftest import Town, open_town
from tests.e2e.test_conversations import JOURNEYS, journey
from tests.e2e.test_model import FAULTS, HEADING, KEY, LIES, QUESTION, UNDERSTOOD, UNTRUE, KnownBreaker, forgive
from tests.provider.faithful import engine, faithful
from tests.provider.server import Provider, Say, serving

TIMES = 10  # questions to each fault


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def main(times: int) -> None:
    """Found a company, serve it with a model that fails on demand, and count."""
    logging.disable(logging.CRITICAL)
    provider = Provider(mind=faithful, key=KEY)
    engine()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        await found(folder / "data")
        stack.enter_context(patch("app.thinking.engines.Breaker", KnownBreaker))
        await stack.enter_async_context(serving(provider, free_port()))
        llm = LlmSettings(base_url=provider.url, api_key=SecretStr(KEY), model="gpt-scripted")
        identity = IdentitySettings(resend_after=timedelta(0), codes_per_email_hour=99, codes_per_email_day=99)
        town = await stack.enter_async_context(open_town(folder / "data", free_port(), llm=llm, identity=identity))
        for said in JOURNEYS:
            await journey(town, said)
        await show_journeys(town)
        rows = [await tried(town, provider, fault, says, times) for fault, says in FAULTS.items()]
        for untrue, says in LIES.items():
            rows.append(await tried(town, provider, f"answers with {untrue}", (UNDERSTOOD, *says), times))
    show(rows, times)


async def found(folder: Path) -> None:
    async with open_house(demo_settings(free_port()).model_copy(update={"data_dir": folder})) as house:
        await load_company(house)
        await load_knowledge(house)


async def tried(
    town: Town, provider: Provider, fault: str, says: Sequence[Say], times: int
) -> tuple[str, int, float, int]:
    """Ask a verified employee's question `times` times, its provider failing each time."""
    who = await town.employee("taina.braga@ipe.example", hello="oi, tudo bem?")
    good, longest, before = 0, 0.0, len(provider.questions)
    for _ in range(times):
        forgive()
        provider.script.clear()
        provider.will(*says)
        started = perf_counter()
        wamid = await town.emulator.say(who, QUESTION)
        said = ""
        while HEADING not in said and perf_counter() - started < 35:
            said = await town.reply(who, wamid, 35)
        longest = max(longest, perf_counter() - started)
        good += HEADING in said and not UNTRUE.search(said)
    provider.script.clear()
    return fault, good, longest, len(provider.questions) - before


def show(rows: Sequence[tuple[str, int, float, int]], times: int) -> None:
    table = Table("fault", "good replies", "longest", "calls per turn")
    for fault, good, longest, calls in rows:
        table.add_row(fault, f"{good}/{times}", f"{longest:.1f} s", f"{calls / times:.1f}")
    Console(width=100).print(table)
    print(f"{sum(row[1] for row in rows)} of {len(rows) * times} good replies within 35 s")


async def show_journeys(town: Town) -> None:
    """Calls of each turn of three whole journeys, without faults."""
    report = await town.house.database.read(lambda s: costs(s, town.house.clock() - timedelta(hours=1)))
    turns = await town.house.database.read(lambda s: len(s.scalars(select(Turn.version)).all()))
    calls = {cost.purpose: cost.calls for cost in report.by_purpose}
    print(f"{len(JOURNEYS)} journeys, {turns} turns, {report.turns} of them with a model: {calls}, ", end="")
    print(f"{report.calls_per_turn:.2f} calls for each of those, {sum(calls.values()) / turns:.2f} for each turn")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else TIMES))
