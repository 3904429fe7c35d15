"""Synchronisations as rows: asked for by anybody, carried out by one process at a time, watched from any.

A row's `holder` says who carries it out, and its `beat_at` that this process lives; who holds a row whose beat has
stopped has died (kill -9) and another takes it up. Every transaction of a run makes sure that it still has its row.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.chain import note
from app.db.engine import Database, one_at_a_time
from app.knowledge.catalogue import due, get_source, settle
from app.knowledge.errors import RunLostError, SyncError
from app.knowledge.models import RunRow
from app.knowledge.taking import SourceReport

LEASE = timedelta(seconds=30)  # without a beat, after which the holder is dead
WAITED_ENOUGH = timedelta(minutes=2)  # for a worker to take up what was asked for; then another may ask
MOST_TRIES = 3  # of a run whose process dies in it
SCHEDULE = "schedule"
TAKEN = "A synchronisation is under way already ({stage}, asked for by {asked_by}); try again when it has ended."


@dataclass(frozen=True, slots=True)
class Run:
    """A synchronisation as everybody sees it."""

    id: int
    sources: tuple[str, ...]  # none = only the index
    force: bool
    rebuild: bool
    asked_by: str
    asked_at: datetime
    stage: str  # waiting, reading, writing, then index_ and a `retrieval.stages.Stage`, ended
    source: str  # that is being read or written
    done: int  # documents, articles or chunks, as the stage has it
    total: int  # 0 = not known yet
    ended_at: datetime | None
    outcome: str  # "" until it has ended: done, partial, held, unavailable or failed, the worst of its sources
    error: str
    report: dict[str, Any]


def ask(  # noqa: PLR0913 -- what is asked for, by whom, when
    session: Session, sources: Sequence[str], *, by: str, now: datetime, force: bool = False, rebuild: bool = False
) -> int:
    """Ask for a synchronisation; none named = only the index. Returns the run's id.

    Raises:
        SyncError: another one has not ended.
        SourceTermsError: no such source.
    """
    one_at_a_time(session, "knowledge run")
    for name in sources:
        get_source(session, name)
    row = _open(session)
    if row is not None:
        lost = _is_dead(session, row, now) if row.holder else row.asked_at < now - WAITED_ENOUGH
        if not lost:
            raise SyncError(TAKEN.format(stage=row.stage, asked_by=row.asked_by))
        _end(row, now, "failed", "Its process ended." if row.holder else "No process took it up.")
        session.flush()
    asked = RunRow(sources=list(sources), force=force, rebuild=rebuild, asked_by=by, asked_at=now)
    session.add(asked)
    session.flush()
    note(
        session, "knowledge.run", f"run {asked.id}", now,
        by="system" if by == SCHEDULE else "command", sources=list(sources), force=force, rebuild=rebuild,
    )  # fmt: skip
    return asked.id


def is_wanted(session: Session, now: datetime) -> bool:
    """Whether there may be something to take up: a look that changes and locks nothing."""
    row = session.scalar(select(RunRow).where(RunRow.place == 1))
    return bool(due(session, now)) if row is None else not row.holder or _is_dead(session, row, now)


def ask_what_is_due(session: Session, now: datetime) -> int | None:
    """The same for sources whose time has come; None when there are none, or something is under way."""
    names = due(session, now)
    if not names or _open(session) is not None:
        return None
    try:
        return ask(session, names, by=SCHEDULE, now=now)
    except SyncError:
        return None


def take(session: Session, holder: str, now: datetime) -> Run | None:
    """Take up what waits, or what a dead process left; None when there is nothing."""
    one_at_a_time(session, "knowledge run")
    row = _open(session)
    if row is None or (row.holder and not _is_dead(session, row, now)):
        return None
    if row.tries >= MOST_TRIES:
        told = f"The process ended in the middle of it, {row.tries} times."
        settle(session, [SourceReport(name, "failed", told) for name in row.sources], now)
        _end(row, now, "failed", told)
        return None
    row.holder, row.beat_at, row.tries, row.stage = holder, now, row.tries + 1, "reading"
    return _run(row)


def beat(session: Session, run: int, holder: str, now: datetime, told: tuple[str, str, int, int]) -> None:
    """Still at it: stage, source, done, total. Raises RunLostError."""
    row = held(session, run, holder)
    row.beat_at = now
    row.stage, row.source, row.done, row.total = told


def held(session: Session, run: int, holder: str) -> RunRow:
    """The row, if it is still ours and open; raises RunLostError."""
    row = session.get(RunRow, run, with_for_update=True)
    if row is None or row.holder != holder or row.ended_at is not None:
        raise RunLostError("Another process has taken over this synchronisation.")
    return row


def give_back(session: Session, run: int, holder: str) -> None:
    """Stopped in the middle: whoever comes next takes it up."""
    row = held(session, run, holder)
    row.holder, row.stage, row.tries = "", "waiting", row.tries - 1


def end(session: Session, run: int, holder: str, now: datetime, told: dict[str, Any]) -> None:
    """Keep how it ended: `outcome`, `error` and `report`."""
    _end(held(session, run, holder), now, told["outcome"], told["error"], told["report"])


def look_at(session: Session, run: int) -> Run | None:
    """One run."""
    row = session.get(RunRow, run)
    return _run(row) if row else None


def latest(session: Session, limit: int = 20) -> list[Run]:
    """The newest runs first; the first may be under way."""
    return [_run(row) for row in session.scalars(select(RunRow).order_by(RunRow.id.desc()).limit(limit))]


async def follow(database: Database, run: int, every: timedelta = timedelta(seconds=0.5)) -> AsyncIterator[Run]:
    """A run whenever it looks different, until it has ended; for pages that show it live."""
    before = None
    while (seen := await database.read(lambda session: look_at(session, run))) is not None:
        if seen != before:
            yield seen
        if seen.ended_at is not None:
            return
        before = seen
        await asyncio.sleep(every.total_seconds())


def holder_here() -> str:
    """A name for who holds runs in this process."""
    return f"{os.getpid()}-{secrets.token_hex(4)}"


def _open(session: Session) -> RunRow | None:
    return session.scalar(select(RunRow).where(RunRow.place == 1).with_for_update())


def _is_dead(session: Session, row: RunRow, now: datetime) -> bool:
    if row.beat_at is None or row.beat_at < now - LEASE:
        return True
    # SQLite has one process at a time: what another one holds is held by nobody.
    alone = session.get_bind().dialect.name == "sqlite"
    return alone and row.holder.partition("-")[0] != str(os.getpid())


def _end(row: RunRow, now: datetime, outcome: str, error: str, report: dict[str, Any] | None = None) -> None:
    row.place, row.ended_at, row.stage = None, now, "ended"
    row.outcome, row.error, row.report = outcome, error, report or {}


def _run(row: RunRow) -> Run:
    return Run(
        id=row.id,
        sources=tuple(row.sources),
        force=row.force,
        rebuild=row.rebuild,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        stage=row.stage,
        source=row.source,
        done=row.done,
        total=row.total,
        ended_at=row.ended_at,
        outcome=row.outcome,
        error=row.error,
        report=row.report,
    )
