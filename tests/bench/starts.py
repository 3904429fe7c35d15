"""Cold starts: seconds until webhooks are taken and until they are answered, and the memory each takes."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.company import Founded
from tests.bench.contestants import CONTESTANTS
from tests.bench.stage import stage


@dataclass(slots=True)
class Starts:
    """One entry a start."""

    live: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)


async def measure(founded: Founded, folder: Path, rounds: int) -> dict[str, Starts]:
    """The whole service on SQLite, and the receiver of an installation on PostgreSQL alone."""
    names = ("sqlite", "receiver") if founded.shared else ("sqlite",)
    starts = {name: Starts() for name in names}
    for number in range(rounds):
        for name, seen in starts.items():
            async with stage(CONTESTANTS[name], founded, folder / f"start-{name}-{number}") as here:
                started = time.perf_counter()
                seen.live.append(await here.start())
                if name != "receiver":
                    await here.ready()
                    seen.ready.append(time.perf_counter() - started)
                seen.megabytes.append(here.group.megabytes())
    return starts
