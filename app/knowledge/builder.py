"""Starts the builder of a revision and listens to it: Chroma holds the interpreter for seconds while it writes."""

import asyncio
import json
import sys
from collections.abc import AsyncIterable
from pathlib import Path
from typing import Any, NamedTuple

from app.knowledge.errors import SyncError
from retrieval.passage import Article
from retrieval.stages import Progress

HOUSE = Path(__file__).parents[2]


class Outcome(NamedTuple):
    """A finished, verified folder that nothing points to yet, or the one that is current already."""

    revision: str
    embedded: int = 0  # chunks the model had to read
    model: str = ""  # empty = words only
    megabytes: int = 0  # the most memory the builder took


async def run_builder(
    order: dict[str, Any], articles: AsyncIterable[Article], root: Path, progress: Progress
) -> Outcome:
    """Run the builder in a process of its own, hand it order and articles, pass its progress on; raises SyncError.

    `order` is a `retrieval.build.Order` as JSON takes it. By standard input, since it may hold a key: arguments can be
    read by others, and a file could stay behind.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "retrieval.build", "--directory", str(root), cwd=HOUSE,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        _, outcome, errors = await asyncio.gather(
            _tell(process, order, articles), _follow(process, progress), _errors(process)
        )
        status = await process.wait()
    except BaseException:
        if process.returncode is None:
            process.kill()
        await process.wait()
        raise
    if status != 0 or "revision" not in outcome:
        reason = errors.strip().splitlines()[-1:] or ["no reason given"]
        raise SyncError(f"The knowledge index could not be built: {reason[0]}")
    return Outcome(outcome["revision"], outcome["embedded"], outcome["model"], outcome["megabytes"])


async def _tell(process: asyncio.subprocess.Process, order: dict[str, Any], articles: AsyncIterable[Article]) -> None:
    """One article at a time, as fast as they are taken; who died meanwhile says why on its way."""
    if process.stdin is None:
        return
    try:
        process.stdin.write(json.dumps(order).encode() + b"\n")
        async for article in articles:
            process.stdin.write(article.model_dump_json().encode() + b"\n")
            await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        return


async def _follow(process: asyncio.subprocess.Process, progress: Progress) -> dict[str, Any]:
    outcome: dict[str, Any] = {}
    if process.stdout is None:
        return outcome
    async for line in process.stdout:
        said = json.loads(line)
        if "stage" in said:
            progress(said["stage"], said["done"], said["total"])
        outcome = dict(said)
    return outcome


async def _errors(process: asyncio.subprocess.Process) -> str:
    return (await process.stderr.read()).decode(errors="replace") if process.stderr else ""
