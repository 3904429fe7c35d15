"""100,000 articles: into the database, into an index, and questions to it; `python -m tests.bench.at_scale [ARTICLES]`.

Made-up articles of one chunk each; vectors come from the bench's own endpoint, so that the clock shows what is ours.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.container import open_house
from app.knowledge.articles import AT_ONCE, add, columns_of
from app.knowledge.indexing import index_articles
from app.knowledge.lock import alone
from app.settings import Settings
from retrieval.articles import Entry
from retrieval.knowledge import KnowledgeBase
from retrieval.passage import Article
from retrieval.revision import FOLDER
from retrieval.stages import Stage
from tests.bench.embeddings import endpoint
from tests.bench.page import half_and_most
from tests.bench.retrieval_at_scale import QUESTIONS, WARM, articles, lexicon

CHUNKS = 100_000


@dataclass
class Found:
    """Seconds, megabytes, milliseconds."""

    stored: float = 0.0
    built: float = 0.0
    stages: dict[str, float] = field(default_factory=dict)  # seconds until each was over
    words: int = 0  # how often progress was told
    builder_mb: int = 0
    disk_mb: float = 0.0
    opened: float = 0.0
    first_ms: float = 0.0
    asked_ms: list[float] = field(default_factory=list)
    asked_cpu_ms: list[float] = field(default_factory=list)  # of this process, where nothing else runs meanwhile
    unchanged: float = 0.0


async def measure(count: int, home: Path) -> Found:
    """All of it."""
    found, words = Found(), lexicon()
    made = articles(words, count)
    with endpoint(words) as there:
        async with open_house(Settings(data_dir=home)) as house:
            started = time.perf_counter()
            rows = [columns_of(Entry(article), f"bench:{article.id}", datetime.now(UTC)) for article in made]
            for start in range(0, len(rows), AT_ONCE):
                await house.database.write(lambda session, lot=rows[start : start + AT_ONCE]: add(session, lot))
            found.stored = time.perf_counter() - started

            def hear(stage: Stage, _done: int, _total: int) -> None:
                found.stages[stage] = time.perf_counter() - started
                found.words += 1

            async with alone(home / FOLDER):
                started = time.perf_counter()
                outcome = await index_articles(house.database, home, progress=hear, remote=there.remote)
                found.built, found.builder_mb = time.perf_counter() - started, outcome.megabytes
                started = time.perf_counter()
                await index_articles(house.database, home, remote=there.remote)
                found.unchanged = time.perf_counter() - started
        files = (file for file in (home / FOLDER / outcome.revision).rglob("*") if file.is_file())
        found.disk_mb = sum(file.stat().st_size for file in files) / 2**20
        await ask(found, home / FOLDER, there.model, made[:: max(1, count // (QUESTIONS + WARM))])
    return found


async def ask(found: Found, root: Path, model: object, texts: list[Article]) -> None:
    """Each question is a title with one letter gone from its last word; the model's own time is a few microseconds."""
    started = time.perf_counter()
    base = KnowledgeBase.open(root, model)  # type: ignore[arg-type]
    found.opened = time.perf_counter() - started
    try:
        for article in texts:
            started, used = time.perf_counter(), time.process_time()
            result = await base.search(article.title[:-2] + article.title[-1], "pt-BR")
            found.asked_ms.append((time.perf_counter() - started) * 1000)
            found.asked_cpu_ms.append((time.process_time() - used) * 1000)
            assert result.passages
    finally:
        base.close()
    found.first_ms = found.asked_ms[0]
    found.asked_ms, found.asked_cpu_ms = found.asked_ms[WARM:], found.asked_cpu_ms[WARM:]


def rows(found: Found) -> list[tuple[str, str, str]]:
    """As the page shows them."""
    stages, before, cpu = [], 0.0, half_and_most(found.asked_cpu_ms)
    for stage, until in sorted(found.stages.items(), key=lambda pair: pair[1]):
        stages.append(f"{stage} {until - before:.0f}")
        before = until
    return [
        ("stored in the database", f"{found.stored:.0f} s", ""),
        ("indexed", f"{found.built:.0f} s", ""),
        ("· seconds by stage", ", ".join(stages), ""),
        ("· most memory of the builder", f"{found.builder_mb:,} MB", "≤ 1,500 MB"),
        ("· said how far it is", f"{found.words:,} times", ""),
        ("the index on disk", f"{found.disk_mb:,.0f} MB", ""),
        ("opened by a service; its first question", f"{found.opened:.1f} s; {found.first_ms:.0f} ms", ""),
        ("a question, p50 / p95", f"{half_and_most(found.asked_ms)}; {cpu} of processor time", "p95 ≤ 20 ms"),
        ("looked at again, nothing changed", f"{found.unchanged:.1f} s", ""),
    ]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        found = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else CHUNKS, Path(home)))
    print("\n".join(" | ".join(row) for row in rows(found)))


if __name__ == "__main__":
    main()
