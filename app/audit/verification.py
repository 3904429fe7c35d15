"""Reading the audit trail over: is every entry what was written, in its place, behind the one it was sealed to."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit.chain import FIRST, digest_of, hash_of
from app.audit.models import AuditEntry
from app.errors import ConfigurationError

PIECE = 5_000  # entries read at once
MOST_TOLD = 50  # troubles that are listed; the rest is counted

Kind = Literal["missing", "altered", "details_altered", "erased_without_order", "truncated", "anchor_differs"]


@dataclass(frozen=True, slots=True)
class Anchor:
    """The end of the chain at one moment, kept where whoever can change the database cannot change it."""

    id: int
    hash: str
    at: str  # when it was taken; "" = unknown


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not as it was written. `first` and `last` are numbers of entries."""

    kind: Kind
    first: int
    last: int


@dataclass(slots=True)
class Verdict:
    """What reading it over found. `head` is the end of the chain as it stands."""

    entries: int = 0
    erased: int = 0
    head: Anchor = field(default_factory=lambda: Anchor(0, FIRST, ""))
    anchored: bool = False  # held against an anchor
    count: int = 0  # of troubles
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Nothing was found."""
        return not self.count

    def add(self, kind: Kind, first: int, last: int | None = None) -> None:
        """Note a trouble."""
        self.count += 1
        if len(self.troubles) < MOST_TOLD:
            self.troubles.append(Trouble(kind, first, first if last is None else last))


def verify(session: Session, anchor: Anchor | None = None, hear: Callable[[int], None] | None = None) -> Verdict:
    """Read the whole chain over; `hear` is told how many entries are done."""
    verdict, before, place = Verdict(anchored=anchor is not None), FIRST, 0
    erased, ordered = set[int](), set[int]()
    for row in _entries(session):
        if row.id != place + 1:
            verdict.add("missing", place + 1, row.id - 1)
        place = row.id
        _weigh(verdict, row, before, erased, ordered)
        if anchor is not None and row.id == anchor.id and row.hash != anchor.hash:
            verdict.add("anchor_differs", row.id)
        before = row.hash
        verdict.entries += 1
        if hear is not None and verdict.entries % PIECE == 0:
            hear(verdict.entries)
    for entry in sorted(erased - ordered):
        verdict.add("erased_without_order", entry)
    if anchor is not None and anchor.id > place:
        verdict.add("truncated", place + 1, anchor.id)
    verdict.erased = len(erased)
    verdict.head = Anchor(place, before, "")
    return verdict


def _weigh(verdict: Verdict, row: Any, before: str, erased: set[int], ordered: set[int]) -> None:
    """One entry; which entries are erased and which an entry says to be erased is gathered."""
    if hash_of(before, row) != row.hash:
        verdict.add("altered", row.id)
    if row.details is None:
        erased.add(row.id)
    elif digest_of(row.salt or "", row.details) != row.digest:
        verdict.add("details_altered", row.id)
    elif row.action == "audit.erased":
        ordered.update(json.loads(row.details).get("entries", ()))


def _entries(session: Session) -> Iterator[Any]:
    """All entries in their order, as plain rows."""
    columns = AuditEntry.__table__.columns
    rows = session.connection().execute(select(*columns).order_by(columns.id).execution_options(yield_per=PIECE))
    yield from rows


def head(session: Session, now: datetime) -> Anchor:
    """The end of the chain now."""
    newest = session.execute(
        select(AuditEntry.id, AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)
    ).one_or_none()
    return Anchor(newest.id if newest else 0, newest.hash if newest else FIRST, now.isoformat())


def read_anchor(path: Path) -> Anchor:
    """An anchor from the file that `recado audit anchor --json` wrote."""
    try:
        told = json.loads(path.read_text(encoding="utf8"))
        return Anchor(int(told["id"]), str(told["hash"]), str(told.get("at", "")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(f"{path} is no anchor: make one with `recado audit anchor --json FILE`.") from error
