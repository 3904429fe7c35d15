"""A service desk in memory: the port's real behaviour without a database, for trying and for tests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tools.drafts import check_draft, plain
from tools.service_desk import (
    Category,
    Change,
    Comment,
    DeskRefusedError,
    Draft,
    Employee,
    Outage,
    Receipt,
    RequestView,
    Status,
)

FIRST_NUMBER = 1001
REOPEN_DAYS = 7
ENDED = ("solved", "closed", "cancelled")
FIRST_RESPONSE, RESOLUTION = timedelta(hours=4), timedelta(hours=24)  # around the clock


@dataclass(slots=True)
class _Request:
    employee_id: str
    draft: Draft
    view: RequestView
    solved_at: datetime | None = None
    files: list[str] = field(default_factory=list)


class MemoryDesk:
    """Everything it knows is gone with it."""

    def __init__(
        self,
        employees: Sequence[Employee],
        categories: Sequence[Category],
        clock: Callable[[], datetime],
        outages: Sequence[Outage] = (),
    ) -> None:
        self._employees = {employee.id: employee for employee in employees}
        self._categories = tuple(categories)
        self._clock = clock
        self._outages = tuple(outages)
        self._requests: dict[str, _Request] = {}
        self._receipts: dict[str, tuple[str, Receipt]] = {}
        self._done: set[str] = set()
        self._changes: list[Change] = []
        self.followers: set[tuple[str, str]] = set()

    async def employee_by_email(self, email: str) -> Employee | None:
        """READ the active employee with this address."""
        wanted = email.strip().casefold()
        return next((e for e in self._employees.values() if e.active and e.email == wanted), None)

    async def catalogue(self) -> tuple[Category, ...]:
        """READ all categories."""
        return self._categories

    async def requests_of(self, employee_id: str, *, limit: int = 10) -> tuple[RequestView, ...]:
        """READ their requests, open ones first, last changed first."""
        views = [self._seen(r) for r in self._requests.values() if r.employee_id == employee_id]
        views.sort(key=lambda view: (view.updated_at, int(view.number)), reverse=True)
        return tuple(sorted(views, key=lambda view: view.status in ENDED)[:limit])

    async def request(self, employee_id: str, number: str) -> RequestView | None:
        """READ one of their requests."""
        try:
            return self._seen(self._own(employee_id, number))
        except DeskRefusedError:
            return None

    async def outages(self) -> tuple[Outage, ...]:
        """READ what is broken now."""
        return self._outages

    async def create(self, employee_id: str, draft: Draft, *, reference: str) -> Receipt:
        """WRITE a request."""
        if reference in self._receipts:
            owner, receipt = self._receipts[reference]
            if owner != employee_id:
                raise DeskRefusedError("reference: it belongs to another request")
            return receipt
        employee = self._employees.get(employee_id)
        if employee is None or not employee.active:
            raise DeskRefusedError("employee: unknown or not active")
        category, now = check_draft(draft, self._categories, employee), self._clock()
        view = RequestView(
            number=str(FIRST_NUMBER + len(self._requests)),
            title=plain(draft.title),
            category_id=category.id,
            status="new",
            queue=category.queue,
            created_at=now,
            updated_at=now,
            first_response_due=now + FIRST_RESPONSE,
            resolution_due=now + RESOLUTION,
        )
        self._requests[view.number] = _Request(employee_id, draft, view, files=list(draft.attachments))
        receipt = Receipt(
            number=view.number,
            queue=view.queue,
            first_response_due=now + FIRST_RESPONSE,
            resolution_due=now + RESOLUTION,
            now_open=True,
        )
        self._receipts[reference] = (employee_id, receipt)
        return receipt

    async def comment(self, employee_id: str, number: str, text: str, *, reference: str) -> None:
        """WRITE a public comment."""
        request = self._own(employee_id, number)
        if self._first_time(reference):
            if not text.strip():
                raise DeskRefusedError("text: it is empty")
            self._takes_words(request)
            self._say(request, Comment(author="", by="employee", text=plain(text), at=self._clock()))
            self._done.add(reference)

    async def attach(self, employee_id: str, number: str, file: str, *, name: str, reference: str) -> None:  # noqa: ARG002 -- the port's
        """WRITE a file."""
        request = self._own(employee_id, number)
        if self._first_time(reference):
            self._takes_words(request)
            request.files.append(file)
            self._done.add(reference)

    async def close(self, employee_id: str, number: str, *, reference: str) -> None:
        """WRITE: a solved one is closed, another is cancelled."""
        request = self._own(employee_id, number)
        if self._first_time(reference):
            if request.view.status in ("closed", "cancelled"):
                raise DeskRefusedError(f"status: it is {request.view.status}")
            self._move(request, "closed" if request.view.status == "solved" else "cancelled")
            self._done.add(reference)

    async def reopen(self, employee_id: str, number: str, reason: str, *, reference: str) -> None:
        """WRITE: not solved after all."""
        request = self._own(employee_id, number)
        if self._first_time(reference):
            if not self._seen(request).can_reopen:
                raise DeskRefusedError("status: it cannot be reopened")
            if reason.strip():
                self._say(request, Comment(author="", by="employee", text=plain(reason), at=self._clock()))
            self._move(request, "open")
            self._done.add(reference)

    async def rate(self, employee_id: str, number: str, stars: int, comment: str, *, reference: str) -> None:  # noqa: ARG002 -- the port's
        """WRITE a rating."""
        request = self._own(employee_id, number)
        if self._first_time(reference):
            if stars not in range(1, 6):
                raise DeskRefusedError("stars: from 1 to 5")
            if request.view.status not in ("solved", "closed"):
                raise DeskRefusedError(f"status: it is {request.view.status}, not solved")
            request.view = request.view.model_copy(update={"rating": stars})
            self._done.add(reference)

    async def join_outage(self, employee_id: str, outage_id: str, *, reference: str) -> None:  # noqa: ARG002 -- the port's
        """WRITE: me too."""
        if outage_id not in {outage.id for outage in self._outages}:
            raise DeskRefusedError("outage_id: nothing of that name is broken now")
        self.followers.add((outage_id, employee_id))

    async def changes_since(self, cursor: str, *, limit: int = 100) -> tuple[Change, ...]:
        """READ what requesters should hear of."""
        if cursor and not (cursor.isascii() and cursor.isdigit()):
            raise DeskRefusedError("cursor: not one of ours")
        return tuple(self._changes[int(cursor or 0) :][:limit])

    def agent_comments(self, number: str, text: str, *, author: str) -> None:
        """Answer the requester as an agent would."""
        request = self._requests[number]
        self._say(request, Comment(author=author, by="agent", text=text, at=self._clock()))
        self._tell(request, text=text, author=author)

    def agent_sets_status(self, number: str, status: Status, *, author: str) -> None:
        """Move a request on as an agent would."""
        self._move(self._requests[number], status)
        self._tell(self._requests[number], status=status, author=author)

    def _own(self, employee_id: str, number: str) -> _Request:
        request = self._requests.get(number.strip().removeprefix("#"))
        if request is None or request.employee_id != employee_id:
            raise DeskRefusedError("number: they have no such request")
        return request

    def _first_time(self, reference: str) -> bool:
        return reference not in self._done

    def _takes_words(self, request: _Request) -> None:
        if request.view.status in ("closed", "cancelled"):
            raise DeskRefusedError(f"status: the request is {request.view.status}")

    def _say(self, request: _Request, comment: Comment) -> None:
        request.view = request.view.model_copy(update={"last_comment": comment, "updated_at": comment.at})

    def _move(self, request: _Request, status: Status) -> None:
        now = self._clock()
        if status == "solved":
            request.solved_at = now
        update = {"status": status, "updated_at": now, "rating": request.view.rating if status in ENDED else None}
        request.view = request.view.model_copy(update=update)

    def _seen(self, request: _Request) -> RequestView:
        ended = request.view.status in ("solved", "closed") and request.solved_at is not None
        can = ended and self._clock() < (request.solved_at or self._clock()) + timedelta(days=REOPEN_DAYS)
        return request.view.model_copy(update={"can_reopen": can})

    def _tell(self, request: _Request, *, author: str, text: str = "", status: Status | None = None) -> None:
        self._changes.append(
            Change(
                cursor=str(len(self._changes) + 1),
                number=request.view.number,
                employee_id=request.employee_id,
                kind="status" if status else "comment",
                text=text,
                author=author,
                status=status,
                at=self._clock(),
            )
        )
