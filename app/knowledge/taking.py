"""One source taken into the table of articles: listed, compared, written a little at a time, and told about."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import partial
from typing import Any, Literal, TypeVar

from sqlalchemy.orm import Session

from app.db.engine import Database
from app.knowledge.articles import AT_ONCE, add, columns_of, remove_all, rewrite, shelf
from app.knowledge.difference import Difference, Read, Shelved, compare
from app.knowledge.reading import Reader
from app.knowledge.sources.terms import Terms
from retrieval.articles import fingerprint
from retrieval.conversion.converter import Converter
from tools.knowledge_source import KnowledgeSource, SourceUnavailableError

T = TypeVar("T")
Outcome = Literal["done", "partial", "held", "unavailable", "failed"]
NAMED = 200  # of each kind that a stored report names; counts are of all


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What a synchronisation did with one source. Articles by key, documents by ref."""

    source: str
    outcome: Outcome = "done"  # partial = some documents failed; held, unavailable, failed = nothing was changed
    message: str = ""  # why nothing was changed
    revision: str = ""  # of the source, where it has such a thing
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()  # refs from and to
    renamed: tuple[tuple[str, str], ...] = ()  # keys from and to
    duplicates: tuple[tuple[str, str], ...] = ()  # ref, and the key that has its text already
    failed: tuple[tuple[str, str], ...] = ()  # ref, reason

    @classmethod
    def of(cls, source: str, told: Difference, revision: str) -> "SourceReport":
        """From what was worked out."""
        if told.held:
            return cls(source, "held", told.held, revision, failed=tuple(told.failed))
        lists = ("added", "changed", "removed", "unchanged", "moved", "renamed", "duplicates", "failed")
        found: dict[str, Any] = {name: tuple(getattr(told, name)) for name in lists}
        return cls(source, "partial" if told.failed else "done", revision=revision, **found)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {name: len(value) for name, value in self._fields() if isinstance(value, tuple)}

    def _fields(self) -> Iterator[tuple[str, Any]]:
        """Names and values, shallow: there may be very many keys."""
        return ((each.name, getattr(self, each.name)) for each in fields(self))

    def stored(self) -> dict[str, Any]:
        """For the source's row: all counts, some names, and no names of what is unchanged."""
        told = {name: value[:NAMED] if isinstance(value, tuple) else value for name, value in self._fields()}
        return {**told, "unchanged": [], "counts": self.counts}


Guard = Callable[[Session], None]  # raises when what was read no longer holds
Tell = Callable[[str, int, int], None]  # stage, done, total; 0 = not known yet


@dataclass(frozen=True, slots=True)
class Errand:
    """What taking a source needs besides it."""

    database: Database
    converter: Converter
    now: datetime
    guard: Guard
    tell: Tell
    force: bool = False
    again: bool = False  # read every document, whatever is remembered


async def take_source(terms: Terms, source: KnowledgeSource, errand: Errand) -> SourceReport:
    """Make the articles of one source what it holds now. A source that cannot be listed changes nothing."""
    shelved = await errand.database.read(shelf)
    reader, tell = Reader(terms, errand.converter), errand.tell
    expected = sum(row.source == terms.name for row in shelved.values())
    try:
        found = await reader.read(
            source, shelved, lambda done: tell("reading", done, max(done, expected)), again=errand.again
        )
    except SourceUnavailableError as error:
        return SourceReport(terms.name, "unavailable", str(error))
    told = compare(terms.name, shelved, found, force=errand.force)
    if not told.held:
        await _Writing(terms, reader.read_as, shelved, errand).write(told)
    return SourceReport.of(terms.name, told, found.revision)


class _Writing:
    """Batches small enough that messages need not wait; what goes, goes first."""

    def __init__(self, terms: Terms, read_as: str, shelved: Mapping[str, Shelved], errand: Errand) -> None:
        self._terms, self._read_as, self._shelved, self._errand = terms, read_as, shelved, errand

    async def write(self, told: Difference) -> None:
        """Carry out what was worked out."""
        gone, total, done = told.gone, len(told.gone) + len(told.write), 0
        former = {new: old for old, new in told.renamed}
        rows = [self._row(read, former.get(key, key)) for key, read in told.write.items()]
        works = [partial(remove_all, keys=lot) for lot in _lots(gone)]
        works += [partial(self._put, rows=lot) for lot in _lots(rows)]
        for work in works:
            await self._errand.database.write(partial(self._guarded, work=work))
            done = min(done + AT_ONCE, total)
            self._errand.tell("writing", done, total)

    def _guarded(self, session: Session, work: Callable[[Session], None]) -> None:
        self._errand.guard(session)
        work(session)

    def _put(self, session: Session, rows: Sequence[dict[str, Any]]) -> None:
        add(session, [row for row in rows if row["key"] not in self._shelved])
        rewrite(session, [row for row in rows if row["key"] in self._shelved])

    def _row(self, read: Read, former: str) -> dict[str, Any]:
        """What a document became; `former` is the key it had."""
        row, now = self._shelved.get(former), self._errand.now
        is_as_it_was = row is not None and row.sha256 == fingerprint(read.article)
        changed_at = row.updated_at if row and row.updated_at and is_as_it_was else now
        review = read.entry.review_by or self._terms.review_for(changed_at.date())
        return columns_of(
            replace(read.entry, review_by=review),
            f"{self._terms.name}:{read.ref}",
            now,
            raw_sha256=read.raw,
            read_as=self._read_as,
            stamp=read.stamp,
            front_matter=read.front_matter,
            created_at=row.created_at if row and row.created_at else now,
            updated_at=changed_at,
        )


def _lots(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), AT_ONCE):
        yield items[start : start + AT_ONCE]
