"""Carries out synchronisations in this process: each source in turn, then the index once."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol, get_args

from sqlalchemy.orm import Session

from app.db.engine import Database
from app.errors import RecadoError, StoreUnavailableError
from app.knowledge import runs
from app.knowledge.builder import Outcome as Index
from app.knowledge.catalogue import get_source, settle
from app.knowledge.errors import RunLostError, SourceTermsError, SyncError
from app.knowledge.runs import Run
from app.knowledge.sources.opening import open_source
from app.knowledge.sources.terms import Terms
from app.knowledge.taking import Errand, SourceReport, take_source
from app.metrics import KNOWLEDGE_RUNS
from retrieval.conversion.converter import Converter
from retrieval.revision import IndexUnusableError
from retrieval.stages import Progress as Stages
from retrieval.stages import Stage

log = logging.getLogger(__name__)

BEAT = 1.0  # seconds between two beats, which also carry the progress
INDEX: dict[str, Stage] = {f"index_{stage}": stage for stage in get_args(Stage)}  # stages of a run that are the index's
WORST_FIRST = ("failed", "unavailable", "held", "partial", "done")


class IndexArticles(Protocol):
    """Brings the index to the state of the table of articles."""

    async def __call__(self, progress: Stages, *, rebuild: bool) -> Index:
        """Tell `progress` where it is; raises SyncError."""
        ...


@dataclass(frozen=True, slots=True)
class Workshop:
    """What runs are carried out with."""

    database: Database
    clock: Callable[[], datetime]
    index: IndexArticles


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did: each source, then the index."""

    sources: tuple[SourceReport, ...]
    index: Index | None  # None = nothing was changed, so it was left alone
    seconds: float

    @property
    def outcome(self) -> str:
        """The worst of its sources'."""
        told = {report.outcome for report in self.sources}
        return next((outcome for outcome in WORST_FIRST if outcome in told), "done")

    def stored(self) -> dict[str, Any]:
        """For the run's row."""
        return {"sources": [report.stored() for report in self.sources], **self._rest()}

    def told(self) -> dict[str, Any]:
        """All of it, with every key."""
        return {"outcome": self.outcome, "sources": [asdict(report) for report in self.sources], **self._rest()}

    def _rest(self) -> dict[str, Any]:
        return {"index": self.index._asdict() if self.index else None, "seconds": round(self.seconds, 3)}


class Progress(NamedTuple):
    """Where a run is; totals may be 0 = not known yet."""

    stage: str = "reading"
    source: str = ""
    done: int = 0
    total: int = 0


Tell = Callable[[Progress], None]


class Runner:
    """Takes up one run after another; each is this process's for as long as its beat goes on."""

    def __init__(self, workshop: Workshop, tell: Tell | None = None) -> None:
        self._shop, self._tell = workshop, tell
        self._holder = runs.holder_here()

    async def follow(self, every: timedelta) -> None:
        """Take up what is asked for or due, for ever. A store that is away is asked again."""
        while True:
            with suppress(StoreUnavailableError):
                await self.work()
            await asyncio.sleep(every.total_seconds())

    async def work(self) -> Run | None:
        """Carry out what waits or is due, if anything does and nobody else is at it; None when there was nothing."""
        shop = self._shop
        if not await shop.database.read(lambda session: runs.is_wanted(session, shop.clock())):
            return None
        await shop.database.write(lambda session: runs.ask_what_is_due(session, shop.clock()))
        run = await shop.database.write(lambda session: runs.take(session, self._holder, shop.clock()))
        if run is None:
            return None
        try:
            await self.carry(run)
        except StoreUnavailableError:
            raise
        except (RecadoError, IndexUnusableError) as error:
            log.error("Synchronising %s: %s", ", ".join(run.sources) or "the index", error)  # noqa: TRY400 -- our words
        return await shop.database.read(lambda session: runs.look_at(session, run.id))

    async def do(self, sources: Sequence[str], *, by: str, force: bool = False, rebuild: bool = False) -> RunReport:
        """Ask for a run and carry it out here and now; raises SyncError when one is under way."""
        shop = self._shop

        def begin(session: Session) -> Run:
            now = shop.clock()
            asked = runs.ask(session, sources, by=by, now=now, force=force, rebuild=rebuild)
            taken = runs.take(session, self._holder, now)
            if taken is None or taken.id != asked:
                raise SyncError("Another process was quicker to take up this synchronisation.")
            return taken

        return await self.carry(await shop.database.write(begin), keep=False)

    async def carry(self, run: Run, *, keep: bool = True) -> RunReport:
        """Carry out a run that is taken. What it cannot do is kept in its row and raised.

        `keep`: a run that is stopped in the middle is given back for another process or the next start.
        """
        progress, started = _Latest(self._tell), time.monotonic()
        reports: list[SourceReport] = []
        try:
            async with self._beating(run, progress):
                await self._read_all(run, progress, reports)
                index = await self._index(run, progress, reports)
        except RunLostError:
            raise
        except (SyncError, IndexUnusableError) as error:
            await self._end(run, reports, {"outcome": "failed", "error": str(error), "report": {}})
            raise
        except asyncio.CancelledError:
            with suppress(RecadoError):  # else its lease runs out
                await asyncio.shield(self._let_go(run, reports, keep=keep))
            raise
        report = RunReport(tuple(reports), index, time.monotonic() - started)
        await self._end(run, reports, {"outcome": report.outcome, "error": "", "report": report.stored()})
        return report

    async def _read_all(self, run: Run, progress: "_Latest", reports: list[SourceReport]) -> None:
        async with Converter() as converter:
            for name in run.sources:
                progress.at(Progress("reading", name))
                reports.append(await self._take(run, name, converter, progress))

    async def _take(self, run: Run, name: str, converter: Converter, progress: "_Latest") -> SourceReport:
        shop = self._shop
        try:
            terms = (await shop.database.read(lambda session: get_source(session, name))).terms
        except SourceTermsError as error:  # removed meanwhile
            return SourceReport(name, "failed", str(error))
        errand = Errand(
            database=shop.database,
            converter=converter,
            now=shop.clock(),
            guard=partial(self._guard, run=run.id, terms=terms),
            tell=lambda stage, done, total: progress.at(Progress(stage, name, done, total)),
            force=run.force,
            again=run.rebuild,
        )
        async with open_source(terms) as source:
            return await take_source(terms, source, errand)

    def _guard(self, session: Session, run: int, terms: Terms) -> None:
        """Raises when somebody else has the run, or when the source is no longer what was read."""
        runs.held(session, run, self._holder)
        try:
            now = get_source(session, terms.name).terms
        except SourceTermsError:
            now = None
        if now != terms:
            raise SyncError(f"The source {terms.name} was changed meanwhile; synchronise it again.")

    async def _index(self, run: Run, progress: "_Latest", reports: list[SourceReport]) -> Index | None:
        if run.sources and not any(report.outcome in {"done", "partial"} for report in reports):
            return None
        progress.at(Progress("index_reading"))
        return await self._shop.index(
            lambda stage, done, total: progress.at(Progress(f"index_{stage}", "", done, total)), rebuild=run.rebuild
        )

    async def _let_go(self, run: Run, reports: list[SourceReport], *, keep: bool) -> None:
        if keep:
            await self._write(partial(runs.give_back, run=run.id, holder=self._holder))
        else:
            await self._end(run, reports, {"outcome": "failed", "error": "It was stopped.", "report": {}})

    async def _end(self, run: Run, reports: list[SourceReport], told: dict[str, Any]) -> None:
        known = {report.source for report in reports}
        missing = [SourceReport(name, "failed", told["error"]) for name in run.sources if name not in known]
        every, now = [*reports, *missing], self._shop.clock()

        def end(session: Session) -> None:
            runs.end(session, run.id, self._holder, now, told)
            settle(session, every, now)

        await self._write(end)
        for report in every:
            KNOWLEDGE_RUNS.labels(report.outcome).inc()

    async def _write(self, work: Callable[[Session], None]) -> None:
        await self._shop.database.write(work)

    @asynccontextmanager
    async def _beating(self, run: Run, progress: "_Latest") -> AsyncIterator[None]:
        """Show that we live, and where we are."""
        beats = asyncio.create_task(self._beat_forever(run, progress), name="knowledge run")
        try:
            yield
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)

    async def _beat_forever(self, run: Run, progress: "_Latest") -> None:
        while True:
            await asyncio.sleep(BEAT)
            now, told = self._shop.clock(), progress.now
            with suppress(StoreUnavailableError):
                await self._shop.database.write(partial(runs.beat, run=run.id, holder=self._holder, now=now, told=told))


class _Latest:
    """The progress of a run, for its beat and for who watches in this process."""

    def __init__(self, tell: Tell | None) -> None:
        self.now, self._tell = Progress(), tell

    def at(self, progress: Progress) -> None:
        self.now = progress
        if self._tell:
            self._tell(progress)
