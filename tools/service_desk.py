"""The port to a service desk: catalogue, requests and their life; every adapter passes one contract suite."""

from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from retrieval.passage import Language

FieldType = Literal[
    "choice", "multi_choice", "text", "long_text", "number", "date", "datetime", "yes_no",
    "email", "phone", "asset_tag", "person", "location",
]  # fmt: skip
Status = Literal["new", "open", "pending", "waiting", "solved", "closed", "cancelled"]
Priority = Literal["low", "medium", "high", "urgent"]
Words = dict[Language, str]  # the same words in each language; "pt-BR" is always there


class Frozen(BaseModel):
    """A value that nobody changes once made."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Employee(Frozen):
    """A person of the company as the desk knows them; `email` is case-folded."""

    id: str
    name: str
    email: str
    language: Language = "pt-BR"
    timezone: str = "America/Sao_Paulo"
    location: str = ""
    department: str = ""
    groups: tuple[str, ...] = ()
    active: bool = True
    vip: bool = False


class FieldOption(Frozen):
    """One value of a choice field; `synonyms` are other words people use for it, in any language."""

    id: str
    label: Words
    synonyms: tuple[str, ...] = ()


class Field(Frozen):
    """A question a category asks; `pattern` is a regular expression for asset tags and numbers."""

    id: str
    type: FieldType
    label: Words
    question: Words
    required: bool = True
    options: tuple[FieldOption, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None


class Category(Frozen):
    """A leaf or branch of the catalogue; only leaves (`queue` set) take requests."""

    id: str
    parent: str = ""
    name: Words
    description: Words
    examples: dict[Language, tuple[str, ...]] = {}
    fields: tuple[Field, ...] = ()
    queue: str = ""
    priority: Priority = "medium"
    groups: tuple[str, ...] = ()  # who may ask for it; empty = everyone


class Draft(Frozen):
    """A request as the employee confirmed it; `values` by field id, `evidence` the words each came from."""

    category_id: str
    title: str
    description: str
    values: dict[str, Any] = {}
    evidence: dict[str, str] = {}
    language: Language = "pt-BR"
    attachments: tuple[str, ...] = ()  # inbox message ids (wamid) whose media belong to it


class Receipt(Frozen):
    """What the desk promised when it took a request; `now_open` says whether someone is there now."""

    number: str
    queue: str
    first_response_due: datetime
    resolution_due: datetime
    now_open: bool
    opens_at: datetime | None = None


class Comment(Frozen):
    """One public word on a request."""

    author: str
    by: Literal["employee", "agent", "bot"]
    text: str
    at: datetime


class RequestView(Frozen):
    """A request as its requester may see it: no internal notes."""

    number: str
    title: str
    category_id: str
    status: Status
    queue: str
    created_at: datetime
    updated_at: datetime
    first_response_due: datetime | None
    resolution_due: datetime | None
    last_comment: Comment | None = None
    can_reopen: bool = False
    rating: int | None = None


class Outage(Frozen):
    """A known trouble; offered before a duplicate request is opened."""

    id: str
    title: Words
    body: Words
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    since: datetime


class Change(Frozen):
    """Something that happened to a request and its requester should hear of."""

    cursor: str
    number: str
    employee_id: str
    kind: Literal["comment", "status", "assigned", "attachment", "merged"]  # merged: `text` is the other's number
    text: str = ""
    author: str = ""
    status: Status | None = None
    at: datetime


class DeskRefusedError(Exception):
    """The desk understood and said no; the sentence is for the employee's reply or the log."""


class DeskUnavailableError(Exception):
    """The desk did not answer; try later or hand over to a person."""


class ServiceDesk(Protocol):
    """A service desk. Every method that shows or changes a request takes the employee first: only their own."""

    async def employee_by_email(self, email: str) -> Employee | None:
        """READ the active employee whose registered address equals `email` (compared case-folded)."""
        ...

    async def catalogue(self) -> tuple[Category, ...]:
        """READ all categories, parents before children."""
        ...

    async def requests_of(self, employee_id: str, *, limit: int = 10) -> tuple[RequestView, ...]:
        """READ their requests, last changed first, open ones before ended ones."""
        ...

    async def request(self, employee_id: str, number: str) -> RequestView | None:
        """READ one of their requests; None when it does not exist or is another's: the same answer."""
        ...

    async def outages(self) -> tuple[Outage, ...]:
        """READ what is known to be broken now."""
        ...

    async def create(self, employee_id: str, draft: Draft, *, reference: str) -> Receipt:
        """WRITE a request; the same `reference` twice returns the first receipt."""
        ...

    async def comment(self, employee_id: str, number: str, text: str, *, reference: str) -> None:
        """WRITE a public comment of the employee; a solved request stays solved, a closed one refuses."""
        ...

    async def attach(self, employee_id: str, number: str, file: str, *, name: str, reference: str) -> None:
        """WRITE a file (a path readable by us) to the request."""
        ...

    async def close(self, employee_id: str, number: str, *, reference: str) -> None:
        """WRITE: the requester needs it no more."""
        ...

    async def reopen(self, employee_id: str, number: str, reason: str, *, reference: str) -> None:
        """WRITE: not solved after all; refused after the desk's number of days."""
        ...

    async def rate(self, employee_id: str, number: str, stars: int, comment: str, *, reference: str) -> None:
        """WRITE a rating from 1 to 5."""
        ...

    async def join_outage(self, employee_id: str, outage_id: str, *, reference: str) -> None:
        """WRITE: "me too"; the employee hears when it ends."""
        ...

    async def changes_since(self, cursor: str, *, limit: int = 100) -> tuple[Change, ...]:
        """READ what happened after `cursor` ("" = from the beginning), oldest first."""
        ...
