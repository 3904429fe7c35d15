"""`python -m tests.bench.index_shipping URL [CHUNKS...]`: an index into a store and out of it, beside a plain copy.

Made-up articles of one chunk each. The store at URL must be empty and migrated (`recado db upgrade`).
"""

import asyncio
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from app.db.engine import Database, open_database
from app.knowledge.articles import AT_ONCE, add, columns_of
from app.knowledge.shipping import fetch, publish
from retrieval.articles import Entry
from retrieval.build import build
from retrieval.knowledge import KnowledgeBase
from retrieval.parcel import read_note
from tests.bench.retrieval_at_scale import WordVectors, articles, lexicon


def megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


async def measure(database: Database, count: int, home: Path) -> None:
    """One size, printed as a row."""
    words, now = lexicon(), time.perf_counter
    model, texts = WordVectors(words), articles(words, count)
    rows = [columns_of(Entry(article), f"bench:{article.id}", datetime.now(UTC)) for article in texts]
    for start in range(0, len(rows), AT_ONCE):
        await database.write(lambda session, lot=rows[start : start + AT_ONCE]: add(session, lot))
    marks = [now()]
    folder = home / "office" / build(texts, home / "office", model).revision
    marks.append(now())
    await publish(database, folder)
    marks.append(now())
    copy = await fetch(database, home / "worker", folder.name)
    marks.append(now())
    base = KnowledgeBase.open(home / "worker", model)
    await asyncio.to_thread(base.adopt, copy.name)
    marks.append(now())
    shutil.copytree(folder, home / "plain")
    marks.append(now())
    parcel = read_note(copy)
    built, published, fetched, opened, copied = (after - before for before, after in pairwise(marks))
    print(
        f"| {count:,} | {megabytes(copy):.0f} MB | {len(parcel.pieces) if parcel else 0} | {built:.0f} s "
        f"| {published:.1f} s | {fetched:.1f} s | {opened:.1f} s | {copied:.1f} s |",
        flush=True,
    )
    base.close()


async def main(url: str, counts: list[int]) -> None:
    database = open_database(url)
    try:
        for count in counts:
            with tempfile.TemporaryDirectory() as home:
                await measure(database, count, Path(home))
    finally:
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], [int(count) for count in sys.argv[2:] or ("1000", "10000")]))
