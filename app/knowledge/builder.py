"""Starts the builder of a revision and listens to it: Chroma holds the interpreter for seconds while it writes."""

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from app.knowledge.errors import SyncError
from retrieval.embedder import RemoteModel
from retrieval.passage import Article

Progress = Callable[[int, int], None]  # chunks read by the model, chunks in all


class Outcome(NamedTuple):
    """A finished folder that nothing points to yet, or the one that is current already."""

    revision: str
    embedded: int = 0  # chunks the model had to read
    model: str = ""  # empty = words only


async def run_builder(
    articles: Iterable[Article], root: Path, progress: Progress | None, remote: RemoteModel | None = None
) -> Outcome:
    """Run the builder in a process of its own and pass its progress on; raises SyncError."""
    told = json.dumps(asdict(remote)).encode() if remote else b""
    with tempfile.TemporaryDirectory(dir=root, prefix=".articles-") as scratch:
        file = Path(scratch) / "articles.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            lines.writelines(article.model_dump_json() + "\n" for article in articles)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "retrieval.build", "--articles", str(file), "--directory", str(root),
            *(["--remote"] if remote else []),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )  # fmt: skip
        try:
            _tell(process, told)
            said: tuple[dict[str, Any], str] = await asyncio.gather(_follow(process, progress), _errors(process))
            status = await process.wait()
        except BaseException:
            process.kill()
            await process.wait()
            raise
    outcome, errors = said
    if status != 0 or "revision" not in outcome:
        reason = errors.strip().splitlines()[-1:] or ["no reason given"]
        raise SyncError(f"The knowledge index could not be built: {reason[0]}")
    return Outcome(outcome["revision"], outcome["embedded"], outcome["model"])


def _tell(process: asyncio.subprocess.Process, words: bytes) -> None:
    """By standard input, since it holds a key: arguments can be read by others."""
    if process.stdin is not None:
        process.stdin.write(words)
        process.stdin.close()


async def _follow(process: asyncio.subprocess.Process, progress: Progress | None) -> dict[str, Any]:
    outcome: dict[str, Any] = {}
    if process.stdout is None:
        return outcome
    async for line in process.stdout:
        said = json.loads(line)
        if "total" in said and progress:
            progress(said["done"], said["total"])
        outcome = dict(said)
    return outcome


async def _errors(process: asyncio.subprocess.Process) -> str:
    return (await process.stderr.read()).decode(errors="replace") if process.stderr else ""
