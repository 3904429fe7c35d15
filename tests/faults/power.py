"""A power-loss model of SQLite's write-ahead log, in ALICE's manner.

A recording holds, for every commit, what was written to the log and to the database file since the one before. What a
commit flushed is on disk; of what was written after the last flush, a power loss may leave any part. `crashes` builds
such remains: the log cut at frames and inside them, a sector that never arrived, a checkpoint that copied some pages.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sqlalchemy import event
from sqlalchemy.orm import Session

SECTOR = 512
MIXES = 3  # remains of every checkpoint
HEADER, FRAME_HEADER = 32, 24  # bytes of the log's header and of each frame's (sqlite.org/fileformat2.html, 4.1)


@dataclass(frozen=True, slots=True)
class Step:
    """One commit: what it wrote to the log, and the database file afterwards if a checkpoint changed it."""

    offset: int
    written: bytes
    database: bytes | None
    known: int  # length of the record of operations when the commit began


@dataclass(frozen=True, slots=True)
class Crash:
    """What is found after a power loss; `durable` commits had been flushed before it, and one more may be there."""

    kind: str
    database: bytes
    log: bytes
    durable: int
    known: int  # operations recorded until then


class PowerRecording:
    """Records every commit of one SQLite file in this process, from when it is entered until it is left.

    `known` counts the operations recorded outside so far.
    """

    def __init__(self, file: Path, known: Callable[[], int]) -> None:
        self._file, self._known = file, known
        self.steps: list[Step] = []

    def __enter__(self) -> Self:
        self.database, self.log = self._file.read_bytes(), self._log()
        self._newest, self._stamp, self._begun_at = self.log, self._stamped(), 0
        event.listen(Session, "before_commit", self._before)
        event.listen(Session, "after_commit", self._after)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Session, "before_commit", self._before)
        event.remove(Session, "after_commit", self._after)

    def _before(self, session: Session) -> None:
        if self._is_ours(session):
            self._begun_at = self._known()

    def _after(self, session: Session) -> None:
        """Runs in the writing thread before anybody hears of the commit: nothing is written meanwhile."""
        if not self._is_ours(session) or (log := self._log()) == self._newest:
            return
        restarted = log[:HEADER] != self._newest[:HEADER]
        offset = 0 if restarted else valid_end(self._newest)
        changed = self._file.read_bytes() if self._stamped() != self._stamp else None
        self.steps.append(Step(offset, log[offset : valid_end(log)], changed, self._begun_at))
        self._newest, self._stamp = log, self._stamped()

    def _is_ours(self, session: Session) -> bool:
        engine = session.get_bind().engine
        return engine.url.database == str(self._file) and not session.in_nested_transaction()

    def _log(self) -> bytes:
        log = Path(f"{self._file}-wal")
        return log.read_bytes() if log.exists() else b""

    def _stamped(self) -> int:
        return self._file.stat().st_mtime_ns

    def crashes(self, dice: random.Random) -> Iterator[Crash]:
        """For each commit: it half written, it flushed, its checkpoint half done."""
        database, log = self.database, bytearray(self.log)
        for number, step in enumerate(self.steps):
            for kind, remains in _torn(bytes(log), step, dice):
                yield Crash(kind, database, remains, number, step.known)
            log[step.offset : step.offset + len(step.written)] = step.written
            last = number + 1 == len(self.steps)
            known = self._known() if last else self.steps[number + 1].known
            after = step.database or database
            yield Crash("flushed", after, bytes(log), number + 1, known)
            for _ in range(MIXES if step.database else 0):
                yield Crash("checkpoint", _mixed(database, after, dice), bytes(log), number + 1, known)
            database = after


def valid_end(log: bytes) -> int:
    """Where the frames of the log's present round end."""
    if len(log) < HEADER:
        return 0
    size, end = FRAME_HEADER + page_size(log), HEADER
    while log[end + 8 : end + 16] == log[16:24] and end + size <= len(log):  # the frame has the header's salts
        end += size
    return end


def page_size(log: bytes) -> int:
    return int.from_bytes(log[8:12], "big")


def _torn(log: bytes, step: Step, dice: random.Random) -> Iterator[tuple[str, bytes]]:
    """The commit's writes cut between two frames, cut inside one, and without one sector in their middle."""
    size, start = FRAME_HEADER + page_size(step.written if step.offset == 0 else log), HEADER if step.offset == 0 else 0
    frames = (len(step.written) - start) // size
    cuts = {"between frames": start + size * dice.randrange(frames), "in a frame": dice.randrange(1, len(step.written))}
    for kind, cut in cuts.items():
        yield kind, _over(log, step.offset, step.written[:cut])
    begin = step.offset + dice.randrange(len(step.written))
    begin -= begin % SECTOR
    whole = bytearray(_over(log, step.offset, step.written))
    lost = log[begin : begin + SECTOR].ljust(min(SECTOR, len(whole) - begin), b"\0")
    if whole[begin : begin + SECTOR] != lost:
        whole[begin : begin + SECTOR] = lost
        yield "a sector lost", bytes(whole)


def _over(log: bytes, offset: int, written: bytes) -> bytes:
    return log[:offset] + written + log[offset + len(written) :]


def _mixed(before: bytes, after: bytes, dice: random.Random) -> bytes:
    """A checkpoint in its middle: of every sector either what was there or what was copied."""
    mixed = bytearray(after)
    old = before.ljust(len(after), b"\0")
    for begin in range(0, len(after), SECTOR):
        if dice.random() < 0.5:
            mixed[begin : begin + SECTOR] = old[begin : begin + SECTOR]
    return bytes(mixed)
