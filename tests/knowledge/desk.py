"""A worker process that answers what it reads on standard input: `python -m tests.knowledge.desk URL DATA_DIR`."""

import asyncio
import json
import sys
from datetime import timedelta
from pathlib import Path

from app.db.engine import open_database
from app.knowledge.copies import PrivateCopy
from retrieval.embedder import load_embedder
from retrieval.knowledge import KnowledgeBase


async def serve(url: str, root: Path) -> None:
    """One JSON line per question, until the input ends."""
    root.mkdir(parents=True)
    database = open_database(url)
    knowledge = KnowledgeBase.open(root, load_embedder(root), strict=False)
    copy = PrivateCopy(database, root, knowledge)
    await copy.begin()
    following = asyncio.create_task(copy.follow(timedelta(seconds=0.05)))
    while question := (await asyncio.to_thread(sys.stdin.readline)).strip():
        found = await knowledge.search(question, "pt-BR")
        print(json.dumps(found.model_dump(mode="json") | {"state": knowledge.state + copy.trouble}), flush=True)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    knowledge.close()
    await database.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
