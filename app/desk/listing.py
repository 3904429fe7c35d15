"""The queue: requests chosen by what is known of them, in an order, a page at a time by key; and how many there are."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, get_args

from pydantic import Field
from sqlalchemy import ColumnElement, bindparam, case, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.desk.finding import found_by
from app.desk.models import RequestEvent, RequestRow
from app.identity.models import EmployeeRow
from app.outbox import spelt
from tools.service_desk import Frozen, Priority, Status

Sort = Literal["due", "updated", "newest", "priority"]
StatusWish = Literal["open", "all", "ended", "new", "pending", "waiting", "solved", "closed", "cancelled", "taken"]
DueWish = Literal["", "overdue", "at_risk"]
SORTS: tuple[Sort, ...] = get_args(Sort)
STATUSES: tuple[StatusWish, ...] = get_args(StatusWish)
DUES: tuple[DueWish, ...] = get_args(DueWish)
STILL_OPEN: tuple[Status, ...] = ("new", "open", "pending", "waiting")  # spelt as the partial indexes have them
RANKS: dict[Priority, int] = {"urgent": 0, "high": 1, "medium": 2, "low": 3}
MINE, NOBODY = "me", "nobody"  # assignees, beside the ids of accounts
MOST_COUNTED = 1000  # more are "1,000+": nobody waits for a number that helps nobody
LONGEST_WORDS = 200  # characters of a search


class Wish(Frozen):
    """Which requests, in which order; what is empty filters nothing."""

    status: StatusWish = "open"  # "taken" is the status open; "open" all four that are not ended
    queue: str = ""
    assignee: str = ""  # MINE, NOBODY or an account's id
    priority: Literal["", "low", "medium", "high", "urgent"] = ""
    category: str = ""
    location: str = ""
    language: str = ""
    due: DueWish = ""
    unanswered: bool = False  # the employee wrote last
    words: str = Field(default="", max_length=LONGEST_WORDS)
    sort: Sort = "due"


class Scene(NamedTuple):
    """Who looks, and when: what "mine" and "overdue" mean. `people`: they may search for names."""

    staff_id: int
    now: datetime
    people: bool = True


class Listed(NamedTuple):
    """A request as a row of the list."""

    number: int
    title: str
    status: str
    priority: str
    queue: str
    category_id: str
    language: str
    location: str
    assignee: str
    assignee_id: int | None
    employee_id: str
    employee: str | None  # None = erased
    vip: bool | None
    created_at: datetime
    updated_at: datetime
    due_at: datetime
    responded_at: datetime | None
    first_response_due: datetime
    resolution_due: datetime
    first_response_warned_at: datetime | None
    resolution_warned_at: datetime | None
    paused_since: datetime | None
    unanswered_since: datetime | None
    merged_into: int | None


OF_EMPLOYEE: dict[str, InstrumentedAttribute[Any]] = {"employee": EmployeeRow.name, "vip": EmployeeRow.vip}
COLUMNS = tuple(OF_EMPLOYEE.get(name) or getattr(RequestRow, name) for name in Listed._fields)
RANK = case(RANKS, value=RequestRow.priority, else_=len(RANKS))
Key = tuple[Any, ...]


def list_requests(
    session: Session, wish: Wish, scene: Scene, *, after: Key | None = None, limit: int = 50
) -> list[Listed]:
    """Read the first `limit` of them behind `after`, which is `key_of` the last one seen.

    The numbers are found in an index that holds all that is filtered by; only the page's own rows are read.
    """
    order, down = _order(wish.sort)
    found = select(RequestRow.number).where(*conditions(session, wish, scene))
    if after is not None:
        place = tuple_(*(bindparam(None, value, column.type) for value, column in zip(after, order, strict=True)))
        found = found.where(tuple_(*order) < place if down else tuple_(*order) > place)
    numbers = session.scalars(found.order_by(*(column.desc() if down else column for column in order)).limit(limit))
    return rows_of(session, numbers.all())


def rows_of(session: Session, numbers: Sequence[int]) -> list[Listed]:
    """Read these requests as rows, in this order; numbers that are none are left out."""
    wanted = (
        select(*COLUMNS)
        .select_from(RequestRow)
        .outerjoin(EmployeeRow, EmployeeRow.id == RequestRow.employee_id)
        .where(RequestRow.number.in_(numbers))
    )
    rows = {row.number: Listed(*row) for row in session.execute(wanted)} if numbers else {}
    return [rows[number] for number in numbers if number in rows]


def key_of(row: Listed, sort: Sort) -> Key:
    """What a row is ordered by; plain values for an address."""
    match sort:
        case "due":
            return (row.due_at.astimezone(UTC).isoformat(), row.number)
        case "updated":
            return (row.updated_at.astimezone(UTC).isoformat(), row.number)
        case "priority":
            return (RANKS.get(row.priority, len(RANKS)), row.due_at.astimezone(UTC).isoformat(), row.number)  # type: ignore[call-overload]
        case "newest":
            return (row.number,)


KINDS: dict[Sort, tuple[type, ...]] = {
    "due": (str, int), "updated": (str, int), "priority": (int, str, int), "newest": (int,)
}  # fmt: skip


def read_key(parts: Key | None) -> Key | None:
    """A key as it came back in an address; None for what is none."""
    try:
        return tuple(datetime.fromisoformat(part) if isinstance(part, str) else part for part in parts or ()) or None
    except ValueError:
        return None


def count(session: Session, wish: Wish, scene: Scene) -> int:
    """How many there are; more than `MOST_COUNTED` are not counted on."""
    some = select(RequestRow.number).where(*conditions(session, wish, scene)).limit(MOST_COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def among(session: Session, wish: Wish, scene: Scene, numbers: Collection[int]) -> list[int]:
    """Which of these belong to the choice, newest first."""
    if not numbers:
        return []
    wanted = select(RequestRow.number).where(RequestRow.number.in_(numbers), *conditions(session, wish, scene))
    return sorted(session.scalars(wanted), reverse=True)


def latest_event(session: Session) -> int:
    """The number of the newest event of all."""
    return session.scalar(select(func.max(RequestEvent.id))) or 0


def changed_since(session: Session, event_id: int, *, limit: int = 200) -> dict[int, int]:
    """Requests to which something happened after an event, the latest first, each with its newest event."""
    newest = select(RequestEvent.number, RequestEvent.id).where(RequestEvent.id > event_id)
    found: dict[int, int] = {}
    for number, event in session.execute(newest.order_by(RequestEvent.id.desc()).limit(limit)):
        found.setdefault(number, event)
    return found


def conditions(session: Session, wish: Wish, scene: Scene) -> Iterator[ColumnElement[bool]]:
    """What a request must be like."""
    yield from _standing(wish.status)
    yield from _equal(wish)
    if wish.assignee == NOBODY:
        yield RequestRow.assignee_id.is_(None)
    elif wish.assignee:
        yield RequestRow.assignee_id == (scene.staff_id if wish.assignee == MINE else int(wish.assignee))
    if wish.unanswered:
        yield RequestRow.unanswered_since.is_not(None)
    if wish.due == "overdue":
        yield RequestRow.due_at < scene.now
    elif wish.due == "at_risk":
        yield RequestRow.due_at >= scene.now
        yield or_(
            RequestRow.responded_at.is_(None) & RequestRow.first_response_warned_at.is_not(None),
            RequestRow.responded_at.is_not(None) & RequestRow.resolution_warned_at.is_not(None),
        )
    yield from found_by(session, wish.words, people=scene.people)


def _standing(status: StatusWish) -> Iterator[ColumnElement[bool]]:
    if status == "open":
        yield spelt(RequestRow.status, STILL_OPEN)
    elif status == "ended":
        yield ~spelt(RequestRow.status, STILL_OPEN)  # of most requests: read in their order, not gathered and sorted
    elif status != "all":
        exact = "open" if status == "taken" else status
        yield RequestRow.status == exact
        if exact in STILL_OPEN:  # said too, so that the index of open ones serves
            yield spelt(RequestRow.status, STILL_OPEN)


def _equal(wish: Wish) -> Iterator[ColumnElement[bool]]:
    named = {
        RequestRow.queue: wish.queue,
        RequestRow.priority: wish.priority,
        RequestRow.category_id: wish.category,
        RequestRow.location: wish.location,
        RequestRow.language: wish.language,
    }
    for column, value in named.items():
        if value:
            yield column == value


def _order(sort: Sort) -> tuple[tuple[ColumnElement[Any] | InstrumentedAttribute[Any], ...], bool]:
    """What they are ordered by, and whether downwards."""
    match sort:
        case "due":
            return (RequestRow.due_at, RequestRow.number), False
        case "updated":
            return (RequestRow.updated_at, RequestRow.number), True
        case "priority":
            return (RANK, RequestRow.due_at, RequestRow.number), False
        case "newest":
            return (RequestRow.number,), True
