"""Memory over thousands of turns: the same people come back again and again."""

from pathlib import Path

from tests.bench.company import LINES, Founded
from tests.bench.contestants import CONTESTANTS
from tests.bench.stage import stage
from tests.bench.whole_way import wave

CROWD = 200  # so many that nobody hears more than WhatsApp lets a number tell one person (one message in 6 s)
LOOKS = 10  # at the memory, evenly over the turns


async def measure(founded: Founded, folder: Path, turns: int) -> tuple[list[tuple[int, float]], int]:
    """Pairs of turns taken and megabytes, the first when everything has been used once; then the unanswered."""
    people = [str(n) for n in range(CROWD)]
    taken, unanswered, looks, warm = 0, 0, [], CROWD * len(LINES)
    async with stage(CONTESTANTS["sqlite"], founded, folder / "memory") as here:
        await here.start()
        await here.ready()
        while taken < turns or not looks:
            silent = await wave(here, people, LINES[taken // CROWD % len(LINES)])
            unanswered += len(silent)
            taken += len(people) - len(silent)
            assert len(silent) < len(people), "nobody is answered"
            if taken >= warm + (turns - warm) * len(looks) / LOOKS:
                looks.append((taken, here.group.megabytes()))
        return looks, unanswered
