"""The embedded desk behind the `ServiceDesk` port: each method is one transaction of the functions beside it."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from app.db.engine import Database
from app.desk import catalogue, requests
from app.identity.employees import employee_by_email, employee_by_id
from tools.service_desk import Category, Change, DeskRefusedError, Draft, Employee, Outage, Receipt, RequestView


class EmbeddedDesk:
    """Requests in our own database."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._revision = ""
        self._categories: tuple[Category, ...] = ()

    async def employee_by_email(self, email: str) -> Employee | None:
        """READ the active employee with this address."""
        return await self._database.read(lambda s: employee_by_email(s, email))

    async def catalogue(self) -> tuple[Category, ...]:
        """READ all categories, from memory while the catalogue is unchanged."""
        known = self._revision
        revision, categories = await self._database.read(lambda s: _catalogue_after(s, known))
        if categories is not None:
            self._revision, self._categories = revision, categories
        return self._categories if categories is None else categories

    async def requests_of(self, employee_id: str, *, limit: int = 10) -> tuple[RequestView, ...]:
        """READ their requests."""
        now = self._clock()
        return await self._database.read(lambda s: requests.requests_of(s, employee_id, now=now, limit=limit))

    async def request(self, employee_id: str, number: str) -> RequestView | None:
        """READ one of their requests."""
        now = self._clock()
        return await self._database.read(lambda s: requests.request_of(s, employee_id, number, now=now))

    async def outages(self) -> tuple[Outage, ...]:
        """READ what is broken now."""
        now = self._clock()
        return await self._database.read(lambda s: catalogue.outages_of(s, now))

    async def create(self, employee_id: str, draft: Draft, *, reference: str) -> Receipt:
        """WRITE a request."""
        now = self._clock()
        return await self._database.write(lambda s: _create(s, employee_id, draft, reference, now))

    async def comment(self, employee_id: str, number: str, text: str, *, reference: str) -> None:
        """WRITE a public comment."""
        now = self._clock()
        await self._database.write(
            lambda s: requests.comment_request(s, employee_id, number, text, reference=reference, now=now)
        )

    async def attach(self, employee_id: str, number: str, file: str, *, name: str, reference: str) -> None:
        """WRITE a file."""
        now = self._clock()
        await self._database.write(
            lambda s: requests.attach_to_request(s, employee_id, number, file, name=name, reference=reference, now=now)
        )

    async def close(self, employee_id: str, number: str, *, reference: str) -> None:
        """WRITE: no longer needed."""
        now = self._clock()
        await self._database.write(
            lambda s: requests.close_request(s, employee_id, number, reference=reference, now=now)
        )

    async def reopen(self, employee_id: str, number: str, reason: str, *, reference: str) -> None:
        """WRITE: not solved after all."""
        now = self._clock()
        await self._database.write(
            lambda s: requests.reopen_request(s, employee_id, number, reason, reference=reference, now=now)
        )

    async def rate(self, employee_id: str, number: str, stars: int, comment: str, *, reference: str) -> None:
        """WRITE a rating."""
        now = self._clock()
        await self._database.write(
            lambda s: requests.rate_request(s, employee_id, number, stars, comment, reference=reference, now=now)
        )

    async def join_outage(self, employee_id: str, outage_id: str, *, reference: str) -> None:
        """WRITE: me too."""
        now = self._clock()
        await self._database.write(
            lambda s: requests.join_outage(s, employee_id, outage_id, reference=reference, now=now)
        )

    async def changes_since(self, cursor: str, *, limit: int = 100) -> tuple[Change, ...]:
        """READ what requesters should hear of."""
        return await self._database.read(lambda s: requests.changes_since(s, cursor, limit=limit))


def _catalogue_after(session: Session, known: str) -> tuple[str, tuple[Category, ...] | None]:
    revision = catalogue.revision_of(session)
    return revision, None if revision == known else catalogue.catalogue_of(session)


def _create(session: Session, employee_id: str, draft: Draft, reference: str, now: datetime) -> Receipt:
    employee = employee_by_id(session, employee_id)
    if employee is None:
        raise DeskRefusedError("employee: unknown")
    return requests.create_request(
        session, employee=employee, conversation_id=None, draft=draft, reference=reference, now=now
    )
