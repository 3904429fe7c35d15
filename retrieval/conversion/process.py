"""The reading process as its owner sees it: started when first needed, asked file by file, killed when it is stuck."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from retrieval.conversion.frames import ANSWER, HEAD
from retrieval.conversion.refusal import DAMAGED, TOO_LARGE, RefusedError

FILES = 500  # read by one process before a fresh one takes over: libraries leak
_ROOT = Path(__file__).parents[2]
_ENVIRONMENT = {"LANG": "C.UTF-8", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # and none of our secrets


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    memory: int = 1 << 30  # bytes of address space; the libraries alone take a quarter of it
    processor_time: int = 60  # seconds
    patience: timedelta = timedelta(minutes=3)  # on a busy machine


class ReadingProcess:
    """One process that reads files; callers take turns."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: Process | None = None
        self._files = 0
        self._turn = asyncio.Lock()

    async def read(self, kind: str, content: bytes) -> tuple[str, str]:
        """Title and Markdown of a file; raises RefusedError, also when the file was the end of the process."""
        async with self._turn:
            answer = await self._read(kind, content)
        if "refused" in answer:
            raise RefusedError(answer["refused"])
        return answer["title"], answer["body"]

    async def close(self) -> None:
        """End the process; the next file would start another."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _read(self, kind: str, content: bytes) -> dict[str, Any]:
        process = await self._ready()
        answer: dict[str, Any] = {"last": True}
        try:
            async with asyncio.timeout(self._limits.patience.total_seconds()):
                answer = await _ask(process, kind, content)
        except TimeoutError:
            return {"refused": TOO_LARGE}
        except (asyncio.IncompleteReadError, ConnectionError):
            return {"refused": _cause_of_death(await process.wait())}
        finally:
            if "last" in answer:
                await self.close()
        return answer

    async def _ready(self) -> Process:
        if self._files >= FILES or (self._process is not None and self._process.returncode is not None):
            await self.close()
        if self._process is None:
            self._files = 0
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "retrieval.conversion.child",
                str(self._limits.memory), str(self._limits.processor_time),
                stdin=PIPE, stdout=PIPE, stderr=DEVNULL, cwd=_ROOT, env=_ENVIRONMENT,
            )  # fmt: skip
        self._files += 1
        return self._process


async def _ask(process: Process, kind: str, content: bytes) -> dict[str, Any]:
    if process.stdin is None or process.stdout is None:
        raise ConnectionError
    words = json.dumps({"kind": kind}).encode()
    process.stdin.write(HEAD.pack(len(words), len(content)) + words)
    process.stdin.write(content)
    await process.stdin.drain()
    (length,) = ANSWER.unpack(await process.stdout.readexactly(ANSWER.size))
    answer: dict[str, Any] = json.loads(await process.stdout.readexactly(length))
    return answer


def _cause_of_death(status: int) -> str:
    """By processor time or the memory's end it was too much; anything else is a file that crashed its reader."""
    return TOO_LARGE if -status in {signal.SIGXCPU, signal.SIGKILL} else DAMAGED
