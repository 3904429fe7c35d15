"""Wake-ups on PostgreSQL: Procrastinate's jobs, one per key with work, run by whichever worker is free.

`lock` and `queueing_lock` are the key: one job of a key waits at most, one runs, and it drains the whole mailbox. A
worker that dies leaves its jobs behind; the others see its heartbeat stop and wake the keys again.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Any

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from psycopg.errors import RaiseException

from app.db.engine import Database
from app.db.postgres import CONNECTING, KEEPALIVE, conninfo
from app.errors import StoreUnavailableError
from app.wakeups import QUEUE, TASK, Handler, Timers, attempt, wake

log = logging.getLogger(__name__)

AT_ONCE = 256  # jobs in a process; most wait: for a burst to settle, for Meta to answer
POLL_SECONDS = 0.2  # a key woken between a job's last look and its end has no other bell
HEARTBEAT_SECONDS = 1.0
LOOK_SECONDS = 1.0  # between two looks for workers that died
RESTART_SECONDS = 1.0  # after the database went away under the worker


class PatientManager(JobManager):
    """Writes down that a job has ended until it is written.

    Procrastinate tries once. A job that stands as running beside a worker that lives is nobody's to rescue, and its key
    would wait for ever.
    """

    patient = True  # until the process stops: then others take its jobs over

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        """As Procrastinate's, again and again while the store cannot be reached or refuses."""
        while True:
            try:
                await super().finish_job(job, status, delete_job)
            except ConnectorException as error:
                if isinstance(error.__cause__, RaiseException) or not self.patient:
                    return  # it stands no more: the last try was written and its answer lost, or another took it over
                log.warning("the end of a job of %s is not written yet", job.lock)
                await asyncio.sleep(RESTART_SECONDS)
            else:
                return


class Jobs:
    """This process's share of the queue.

    `dead_after` = how long another worker may be silent; `patience` = for what is under way when this one must stop.
    """

    def __init__(self, database: Database, handler: Handler, dead_after: timedelta, patience: timedelta) -> None:
        self._database, self._handler, self._dead_after, self._patience = database, handler, dead_after, patience
        self._later = Timers(self._wake_later)
        self._app = App(connector=PsycopgConnector(conninfo=conninfo(database.url), kwargs=_kwargs(), max_size=4))
        self._app.job_manager = self._manager = PatientManager(self._app.connector)
        self._app.task(name=TASK, queue=QUEUE)(self._handle)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._running: set[str] = set()
        self._closed = False

    async def open(self) -> None:
        """Connect and begin to take jobs."""
        await self._app.open_async()
        self._spawn(self._work_forever(), "jobs")
        self._spawn(self._rescue_forever(), "rescue")

    @property
    def idle(self) -> bool:
        """This process runs nothing and has nothing due; others may."""
        return not self._running and not self._later

    async def close(self, patience: timedelta) -> None:  # noqa: ARG002 -- Procrastinate was told at the start
        """Take no more, let what runs finish, give back what does not."""
        self._closed = True
        self._manager.patient = False
        self._later.clear()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._app.close_async()

    async def _handle(self, key: str) -> None:
        self._running.add(key)
        self._later.cancel(key)
        try:
            delay = await attempt(self._handler, key)
        except asyncio.CancelledError:
            with suppress(StoreUnavailableError):  # the sweep comes
                await asyncio.shield(self._wake(key))  # stopped in the middle: somebody else takes it up at once
            raise
        finally:
            self._running.discard(key)
        if delay is not None and not self._closed:
            self._later.set(key, delay)

    def _wake_later(self, key: str) -> None:
        self._spawn(self._wake_once_possible(key), f"wake {key}")

    async def _wake_once_possible(self, key: str) -> None:
        """While the store is away, again and again: whoever waited for it goes on as soon as it is back."""
        try:
            await self._wake(key)
        except StoreUnavailableError:
            self._later.set(key, RESTART_SECONDS)

    async def _wake(self, key: str) -> None:
        await self._database.write(lambda session: wake(session, key))

    def _spawn(self, work: Any, name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work_forever(self) -> None:
        while not self._closed:
            try:
                await self._app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=AT_ONCE,
                    fetch_job_polling_interval=POLL_SECONDS,
                    shutdown_graceful_timeout=self._patience.total_seconds(),
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT_SECONDS,
                    stalled_worker_timeout=self._dead_after.total_seconds(),
                )
            except Exception:
                log.exception("the queue's worker stopped; it starts again in %.0f s", RESTART_SECONDS)
            await asyncio.sleep(RESTART_SECONDS)

    async def _rescue_forever(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._rescue()
            except (ConnectorException, StoreUnavailableError) as error:
                log.warning("cannot look for dead workers now: %s", type(error).__name__)

    async def _rescue(self) -> None:
        """Wake what dead workers were doing. Two at once do no harm: turns and claims have guards of their own."""
        stalled = await self._app.job_manager.get_stalled_jobs(
            queue=QUEUE, seconds_since_heartbeat=self._dead_after.total_seconds()
        )
        for job in stalled:
            log.warning("a worker died while it handled %s; taking over", job.lock)
            await self._wake(str(job.lock))
            with suppress(ConnectorException):  # finished meanwhile, or taken over by another
                await self._app.job_manager.finish_job_by_id_async(
                    job_id=job.id or 0, status=Status.FAILED, delete_job=True
                )


def _kwargs() -> dict[str, Any]:
    return {"connect_timeout": CONNECTING, "application_name": "recado-worker", **KEEPALIVE}
