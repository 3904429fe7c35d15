"""The whole way: webhooks in, replies delivered to an emulated WhatsApp, every contestant in processes of its own.

In each round every contestant in turn meets people it has not met: they say a line each at the same moment, the next
once all are answered (turns a second, processor time), and one more person says all lines alone (time of a turn). After
the rounds each is killed while it answers and started again, and everybody waits for what it still owes.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.company import LINES, Founded
from tests.bench.contestants import CONTESTANTS
from tests.bench.stage import Stage, stage

WAVE_S = 60.0  # of silence while nothing is wrong, and the rest is given up
OWED_S = 35.0  # the same after a restart: longer than the lease and the sweep that find what was under way
QUESTION = LINES[1]


@dataclass(slots=True)
class Seen:
    """What a contestant showed: one entry a round, times of turns in milliseconds."""

    name: str
    turns: int = 0
    unanswered: int = 0
    turns_per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    alone_ms: list[float] = field(default_factory=list)
    grown: int = 0
    megabytes_at_start: float = 0
    megabytes_after: float = 0
    acked: int = 0
    lost: int = 0
    doubled: int = 0

    @property
    def growth(self) -> float:
        """Bytes a turn leaves in the database."""
        return self.grown / max(self.turns, 1)


async def measure(names: Sequence[str], founded: Founded, folder: Path, rounds: int, crowd: int) -> list[Seen]:
    """Every contestant in interleaved rounds, then a kill of each."""
    async with AsyncExitStack() as stack:
        stages = [
            await stack.enter_async_context(_opened(name, founded, folder / name.replace(" ", "-"))) for name in names
        ]
        for number in range(rounds):
            people = [str(n) for n in range(1 + number * crowd, 1 + (number + 1) * crowd)]
            for here, seen in stages:
                await _round(here, seen, people)
        everybody = [str(n) for n in range(1, 1 + rounds * crowd)]
        asked = [(here, seen, await _kill(here, seen, everybody)) for here, seen in stages]
        await asyncio.gather(*(_settle(*owed) for owed in asked))
        return [seen for _, seen in stages]


@asynccontextmanager
async def _opened(name: str, founded: Founded, folder: Path) -> AsyncIterator[tuple[Stage, Seen]]:
    async with stage(CONTESTANTS[name], founded, folder) as here:
        await here.start()
        await here.ready()
        seen = Seen(here.contestant.name, megabytes_at_start=here.group.megabytes())
        for words in LINES:  # one person warms it up
            await wave(here, ["0"], words)
        await here.quiet()
        yield here, seen


async def _round(here: Stage, seen: Seen, people: Sequence[str]) -> None:
    *crowd, alone = people
    stored, used, taken, answered = here.bytes_stored(), here.group.cpu_seconds(), 0.0, 0
    for words in LINES:
        started = time.perf_counter()
        silent = await wave(here, crowd, words)
        taken += time.perf_counter() - started
        answered += len(crowd) - len(silent)
        seen.unanswered += len(silent)
        await here.quiet()
    seen.turns_per_second.append(answered / taken)
    seen.cpu_ms.append((here.group.cpu_seconds() - used) / max(answered, 1) * 1000)
    for words in LINES:
        started = time.perf_counter()
        await wave(here, [alone], words)
        seen.alone_ms.append((time.perf_counter() - started) * 1000)
        await here.quiet()
    seen.turns += answered + len(LINES)
    seen.grown += here.bytes_stored() - stored


async def wave(here: Stage, people: Sequence[str], words: str) -> list[str]:
    """Everybody says it at once; returns who has no answer after a minute of silence."""
    said = {who: await here.emulator.say(who, words) for who in people}
    return await _unanswered(here, said, WAVE_S)


async def _unanswered(here: Stage, said: dict[str, str], patience: float) -> list[str]:
    """Wait until all are answered, or nothing at all happened for so many seconds; returns who was not."""

    def is_answered(who: str) -> bool:
        return bool(here.emulator.chat(who).after(said[who]))

    with here.emulator.feed.subscribed() as events, suppress(TimeoutError):
        waiting = {who for who in said if not is_answered(who)}
        while waiting:
            event = await asyncio.wait_for(events.get(), patience)
            who = event.data.get("person") if event else None
            if who in waiting and is_answered(who):
                waiting.discard(who)
    return [who for who in said if not is_answered(who)]


async def _kill(here: Stage, seen: Seen, people: Sequence[str]) -> dict[str, str]:
    """Everybody asks, a quarter is answered, everything dies and starts again; returns what was asked."""
    seen.megabytes_after = here.group.megabytes()
    said = {who: await here.emulator.say(who, QUESTION) for who in people}
    async with asyncio.timeout(WAVE_S):
        while sum(bool(here.emulator.chat(who).after(wamid)) for who, wamid in said.items()) < len(said) / 4:
            await asyncio.sleep(0.002)
    await asyncio.to_thread(here.group.kill)
    await here.start()
    await here.ready()
    return said


async def _settle(here: Stage, seen: Seen, said: dict[str, str]) -> None:
    """What was acked and has no answer when nothing comes any more is lost."""
    await here.emulator.settled()  # what was not acked is told again until it is
    lost = await _unanswered(here, said, OWED_S)
    await here.quiet()
    seen.acked, seen.lost = len(said), len(lost)
    seen.doubled = sum(_same_twice(here, who, wamid) for who, wamid in said.items())


def _same_twice(here: Stage, who: str, wamid: str) -> bool:
    texts = [message.text for message in here.emulator.chat(who).after(wamid)]
    return len(texts) > len(set(texts))
