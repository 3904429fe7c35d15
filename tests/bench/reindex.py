"""Re-indexing: what is embedded again when a part of the articles changes, and what who asks meanwhile notices.

Through the command as it ships, over an embeddings endpoint of the bench's own, which counts the texts it must read.
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from retrieval.knowledge import KnowledgeBase
from retrieval.passage import Article
from retrieval.revision import FOLDER
from tests.bench.embeddings import Endpoint, endpoint
from tests.bench.page import half_and_most, p
from tests.bench.processes import ROOT
from tests.bench.retrieval_at_scale import articles, lexicon

QUESTIONS = 300  # asked before; then without a pause until the synchronisation is done
PAUSE = 0.02  # seconds between two questions: about what a number of WhatsApp may bring
LONG_ONES = 10  # every tenth article is of three chunks


@dataclass
class Found:
    """What was measured; seconds, milliseconds, counts."""

    articles: int
    chunks: int
    first: float = 0.0
    unchanged: list[float] = field(default_factory=list)
    unchanged_cpu: float = 0.0  # seconds of a processor, each time
    unchanged_read: int = 0
    changed: int = 0
    changed_seconds: float = 0.0
    articles_read: int = 0
    embedded: int = 0  # chunks
    before_ms: list[float] = field(default_factory=list)
    during_ms: list[float] = field(default_factory=list)
    errors: int = 0
    revisions: int = 0  # that answered during the synchronisation


def library(words: Sequence[str], count: int) -> list[Article]:
    """Articles of one chunk, and every tenth of three under headings of their own."""
    made = articles(words, count)
    return [
        article.model_copy(update={"body": _long(article, made[number - 1])}) if number % LONG_ONES == 0 else article
        for number, article in enumerate(made)
    ]


def _long(article: Article, other: Article) -> str:
    parts = (article.body, other.body, f"{article.body} {other.body}")
    return "\n\n".join(f"## {part.split()[-1]}\n\n{part} {part[: len(part) // 2]}" for part in parts)


def put(folder: Path, article: Article, more: str = "") -> None:
    """As a file."""
    head = f"---\nid: {article.id}\ntitle: {article.title}\nlanguage: pt\n---\n"
    (folder / f"{article.id}.md").write_text(f"{head}{article.body}{more}\n", "utf-8")


async def sync(folder: Path, data: Path, there: Endpoint) -> tuple[float, dict[str, object]]:
    """`recado kb sync`; seconds from its start to its end, and its report."""
    environment = {
        "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "RECADO_DATA_DIR": str(data),
        "RECADO_EMBEDDINGS__BASE_URL": there.remote.base_url, "RECADO_EMBEDDINGS__MODEL": there.remote.model,
    }  # fmt: skip
    report, started = data.with_suffix(".json"), time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.cli", "kb", "sync", str(folder), "--json", str(report),
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    assert await process.wait() == 0
    return time.perf_counter() - started, json.loads(report.read_text("utf-8"))


async def ask(base: KnowledgeBase, article: Article, found: Found) -> float:
    """Milliseconds of a search; an answer that is none counts as an error."""
    started = time.perf_counter()
    result = await base.search(article.title, "pt-BR")
    found.errors += not result.passages
    return (time.perf_counter() - started) * 1000


async def ask_on(base: KnowledgeBase, texts: Sequence[Article], found: Found, done: asyncio.Event) -> None:
    """Ask until it is done, and ten times more."""
    revisions, more = set[str](), 10
    while more := more - done.is_set():
        found.during_ms.append(await ask(base, texts[len(found.during_ms) * 7 % len(texts)], found))
        revisions.add(base.revision)
        await asyncio.sleep(PAUSE)
    found.revisions = len(revisions)


async def measure(count: int, home: Path) -> Found:
    """All of it, on `count` articles of which one in a hundred changes."""
    words = lexicon()
    made, folder, data = library(words, count), home / "articles", home / "data"
    folder.mkdir(parents=True)
    for article in made:
        put(folder, article)
    with endpoint(words) as there:
        first, report = await sync(folder, data, there)
        found = Found(count, int(str(report["embedded"])), first)
        there.read.clear()
        used = _used()
        found.unchanged = [(await sync(folder, data, there))[0] for _ in range(3)]
        found.unchanged_cpu = (_used() - used) / 3
        found.unchanged_read = len(there.read)
        base = KnowledgeBase.open(data / FOLDER, there.model)
        try:
            for number in range(QUESTIONS):
                found.before_ms.append(await ask(base, made[number * 7 % count], found))
                await asyncio.sleep(PAUSE)
            await _change(made[:: count // (count // 100)], folder, data, base, there, found)
        finally:
            base.close()
    return found


def _used() -> float:
    """Seconds of a processor that processes started here have used, once they are over."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


async def _change(
    chosen: Sequence[Article], folder: Path, data: Path, base: KnowledgeBase, there: Endpoint, found: Found
) -> None:
    for article in chosen:
        put(folder, article, f" {article.title.split()[0]}")
    done = asyncio.Event()
    there.read.clear()
    asking = asyncio.create_task(ask_on(base, chosen, found, done))
    try:
        found.changed_seconds, report = await sync(folder, data, there)
    finally:
        done.set()
        await asking
    titles = {article.title for article in chosen}
    found.changed, found.embedded = len(report["changed"]), int(str(report["embedded"]))  # type: ignore[arg-type]
    found.articles_read = len({text.splitlines()[0].partition(" > ")[0] for text in there.read} & titles)


def rows(found: Found) -> list[tuple[str, str, str]]:
    """As the page shows them."""
    ratio = p(found.during_ms, 95) / p(found.before_ms, 95)
    told = f"{found.embedded} chunks of {found.articles_read} articles"
    return [
        (f"{found.articles:,} new articles, {found.chunks:,} chunks", f"{found.first:.0f} s", ""),
        ("nothing changed: texts embedded", f"{found.unchanged_read}", "0"),
        (
            "· the whole command, start included",
            f"{median(found.unchanged):.1f} s; {found.unchanged_cpu:.1f} s of processor time",
            "≤ 2 s",
        ),
        (f"{found.changed} articles changed: embedded again", told, "only theirs"),
        ("· the whole command", f"{found.changed_seconds:.0f} s", ""),
        ("a question before, p50 / p95", half_and_most(found.before_ms), ""),
        (f"{len(found.during_ms):,} questions during it and the swap, p50 / p95", half_and_most(found.during_ms), ""),
        ("· p95 beside before", f"{ratio:.2f}", "≤ 2"),
        ("· errors or nothing found", f"{found.errors}", "0"),
        ("· revisions that answered", f"{found.revisions}", "2"),
    ]


def main() -> None:
    """`python -m tests.bench.reindex [ARTICLES]`."""

    with tempfile.TemporaryDirectory() as home:
        found = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, Path(home)))
    print("\n".join(" | ".join(row) for row in rows(found)))


if __name__ == "__main__":
    main()
