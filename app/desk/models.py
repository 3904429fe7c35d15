"""The tables of the embedded desk: catalogue, rules, outages, requests and their history."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, event
from sqlalchemy.orm import Mapped, Mapper, mapped_column

from app.db.base import Base, partial

ERASED = "erased"  # in the place of an employee whose data were erased; their requests stay and are counted


class CategoryRow(Base):
    """A category as the catalogue file gives it; never deleted, since requests refer to it."""

    __tablename__ = "desk_category"

    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]  # parents before children
    active: Mapped[bool] = mapped_column(default=True)
    spec: Mapped[dict[str, Any]]  # tools.service_desk.Category


class CategoryVersion(Base):
    """What a category was from a moment on."""

    __tablename__ = "desk_category_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[str] = mapped_column(index=True)
    spec: Mapped[dict[str, Any]]
    active: Mapped[bool]
    by: Mapped[str]
    at: Mapped[datetime]


class DeskDocument(Base):
    """A setting of the desk, as JSON.

    "rules" (app.desk.rules.DeskRules), "revision" (a hash over the catalogue), "routing draft" (app.desk.rule_book).
    """

    __tablename__ = "desk_document"

    name: Mapped[str] = mapped_column(primary_key=True)
    body: Mapped[str]


class RulesVersion(Base):
    """The rules as a whole, as they were from a moment on; `part` says what was changed."""

    __tablename__ = "desk_rules_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(index=True)  # queues, routing, priority, calendars, promises, import
    body: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]


class QueueMember(Base):
    """Somebody of the staff who takes requests of a queue. `given` orders whose turn it is: the smallest is next."""

    __tablename__ = "desk_queue_member"

    queue: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    given: Mapped[int] = mapped_column(default=0)


class MacroRow(Base):
    """An answer prepared beforehand, with placeholders, and what else choosing it does."""

    __tablename__ = "desk_macro"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    texts: Mapped[dict[str, Any]]  # words by language; pt-BR is always there
    queue: Mapped[str] = mapped_column(default="")  # only for requests there; "" = everywhere
    status: Mapped[str] = mapped_column(default="")  # the request goes there; "" = it stays
    active: Mapped[bool] = mapped_column(default=True)
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]


class StagedFile(Base):
    """A file that somebody uploaded and has yet to confirm; forgotten after an hour."""

    __tablename__ = "desk_staged_file"

    id: Mapped[str] = mapped_column(primary_key=True)  # random
    kind: Mapped[str]  # employees, catalogue
    name: Mapped[str]
    text: Mapped[str]
    staff_id: Mapped[int]
    at: Mapped[datetime] = mapped_column(index=True)


class DeskCounter(Base):
    """The last number given out; numbers are never used twice."""

    __tablename__ = "desk_counter"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]


class OutageRow(Base):
    """A known trouble; over once it has `ended_at`."""

    __tablename__ = "desk_outage"

    id: Mapped[str] = mapped_column(primary_key=True)
    spec: Mapped[dict[str, Any]]  # tools.service_desk.Outage
    ended_at: Mapped[datetime | None]


class OutageFollower(Base):
    """Somebody who said "me too"."""

    __tablename__ = "desk_outage_follower"

    outage_id: Mapped[str] = mapped_column(ForeignKey("desk_outage.id"), primary_key=True)
    employee_id: Mapped[str] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    at: Mapped[datetime]
    told_at: Mapped[datetime | None]  # that it is over


STILL_OPEN = "status IN ('new', 'open', 'pending', 'waiting')"
LISTED_BY = ("status", "queue", "assignee_id", "priority", "category_id", "language", "location", "unanswered_since")
NOTHING_DUE = datetime(9999, 1, 1, tzinfo=UTC)  # sorts behind every promise


class RequestRow(Base):
    """A request as it stands now; its history is in `RequestEvent`."""

    __tablename__ = "desk_request"
    __table_args__ = (
        Index("desk_request_by_employee", "employee_id", "updated_at"),
        Index("desk_request_by_status", "status", "queue", "number"),
        Index("desk_request_solved", "solved_at", **partial("status = 'solved'")),
        Index("desk_request_clock", "look_at", **partial("look_at IS NOT NULL")),
        Index("desk_request_load", "assignee_id", **partial("status IN ('new', 'open', 'pending', 'waiting')")),
        Index("desk_request_by_outage", "outage_id", **partial("outage_id IS NOT NULL")),
        Index("desk_request_by_creation", "created_at"),
        Index("desk_request_by_solution", "solved_at"),
        # What the queue page filters by rides along: a list is found without reading the requests it leaves out.
        Index("desk_request_listed", "updated_at", "number", *LISTED_BY),
        Index("desk_request_due", "due_at", "number", *LISTED_BY, **partial(STILL_OPEN)),
        Index("desk_request_unanswered", "unanswered_since", **partial("unanswered_since IS NOT NULL")),
        Index("desk_request_merged", "merged_into", **partial("merged_into IS NOT NULL")),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reference: Mapped[str] = mapped_column(unique=True)  # the confirmed draft's nonce
    employee_id: Mapped[str]
    conversation_id: Mapped[str | None] = mapped_column(index=True)
    category_id: Mapped[str] = mapped_column(ForeignKey("desk_category.id"))
    title: Mapped[str]
    description: Mapped[str]
    fields: Mapped[dict[str, Any]]  # values by field id
    evidence: Mapped[dict[str, Any]]  # the words each value came from
    language: Mapped[str]
    queue: Mapped[str]
    assignee: Mapped[str] = mapped_column(default="")
    priority: Mapped[str]
    status: Mapped[str] = mapped_column(default="new")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    first_response_due: Mapped[datetime]
    resolution_due: Mapped[datetime]
    responded_at: Mapped[datetime | None]
    solved_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    rating: Mapped[int | None]
    rating_comment: Mapped[str] = mapped_column(default="")
    last_comment_id: Mapped[int | None]  # the newest public comment among the events
    assignee_id: Mapped[int | None]  # of staff
    clock_started_at: Mapped[datetime | None]  # the promise counts from here: created, or reopened
    paused_since: Mapped[datetime | None]  # it waits for the requester, and no clock runs
    paused_seconds: Mapped[int] = mapped_column(default=0)  # of working time, in pauses that are over
    first_response_warned_at: Mapped[datetime | None]
    first_response_breached_at: Mapped[datetime | None]  # the moment that was promised and passed
    resolution_warned_at: Mapped[datetime | None]
    resolution_breached_at: Mapped[datetime | None]
    look_at: Mapped[datetime | None]  # when the sweeper looks at its clocks next; None = nothing to come
    outage_id: Mapped[str | None]  # the known trouble it is part of
    location: Mapped[str] = mapped_column(default="")  # of the employee when they asked
    due_at: Mapped[datetime] = mapped_column(default=NOTHING_DUE)  # the promise that comes next, as `_keep_due` has it
    unanswered_since: Mapped[datetime | None]  # the employee wrote, and nobody of the desk has answered since
    duplicate_of: Mapped[int | None]  # the number of another request about the same thing
    merged_into: Mapped[int | None]  # the number of the request it goes on in


@event.listens_for(RequestRow, "before_insert")
@event.listens_for(RequestRow, "before_update")
def _keep_due(_mapper: Mapper[Any], _connection: Connection, row: RequestRow) -> None:
    """Whoever moves a promise, a clock or the status: what lists are sorted by follows."""
    runs = (row.status or "new") in {"new", "open", "pending"} and row.paused_since is None
    promised = row.resolution_due if row.responded_at else min(row.first_response_due, row.resolution_due)
    row.due_at = promised if runs else NOTHING_DUE


class RequestWords(Base):
    """What a search looks through, without case and accents (`app.desk.finding`); written anew when its request is."""

    __tablename__ = "desk_request_words"

    number: Mapped[int] = mapped_column(ForeignKey("desk_request.number"), primary_key=True, autoincrement=False)
    words: Mapped[str]  # title and description
    person: Mapped[str]  # the employee's name and address


class SavedView(Base):
    """A choice of requests that somebody of the staff keeps, for themselves or for all."""

    __tablename__ = "desk_view"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    name: Mapped[str]
    wish: Mapped[dict[str, Any]]  # app.desk.listing.Wish
    shared: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class RequestEvent(Base):
    """What happened to a request, in order; only ever added to.

    kind: created, status, comment, attachment, rating, assigned; internal: note, warned, breached, linked, moved.
    `tell` = the requester should hear; `told_at` = when it went into the outbox.
    """

    __tablename__ = "desk_event"
    __table_args__ = (
        Index("desk_event_by_request", "number", "id"),
        Index("desk_event_by_time", "kind", "at"),
        Index("desk_event_to_tell", "id", **partial("tell")),
        Index("desk_event_untold", "id", **partial("tell AND told_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("desk_request.number"))
    kind: Mapped[str]
    by: Mapped[str]  # employee, agent, bot, system
    author: Mapped[str] = mapped_column(default="")
    public: Mapped[bool] = mapped_column(default=True)
    tell: Mapped[bool] = mapped_column(default=False)
    told_at: Mapped[datetime | None]
    text: Mapped[str] = mapped_column(default="")
    status: Mapped[str | None]  # after it, for kind status
    way: Mapped[str] = mapped_column(default="chat")  # how an agent's words reach the requester: chat, mail
    at: Mapped[datetime]
    reference: Mapped[str | None] = mapped_column(unique=True)


class AttachmentRow(Base):
    """A file that belongs to a request: an inbox message's media (`wamid`) or a path readable by us."""

    __tablename__ = "desk_attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(ForeignKey("desk_request.number"), index=True)
    wamid: Mapped[str] = mapped_column(default="")
    path: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    event_id: Mapped[int] = mapped_column(ForeignKey("desk_event.id"))
    at: Mapped[datetime]
