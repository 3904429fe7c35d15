"""The company's sources in SQL: added, shown, changed, removed; and which of them are due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.knowledge.articles import article_of, count_of, keys_of, remove_all
from app.knowledge.errors import SourceTermsError
from app.knowledge.models import ArticleRow, SourceRow
from app.knowledge.pointer import note_change
from app.knowledge.schedule import Schedule, zone_of
from app.knowledge.sources.terms import Terms
from app.knowledge.taking import SourceReport
from retrieval.articles import fingerprint, text_fingerprint

_TERMS = tuple(Terms.model_fields)


@dataclass(frozen=True, slots=True)
class Source:
    """One source: its terms, and how it did."""

    terms: Terms
    articles: int
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_outcome: str  # "" = it never ran
    last_report: dict[str, Any]


def terms_of(told: dict[str, Any]) -> Terms:
    """What somebody wrote, checked; raises SourceTermsError with a sentence."""
    try:
        return Terms.model_validate(told)
    except ValidationError as error:
        said = []
        for item in error.errors(include_url=False)[:3]:
            where = ".".join(str(part) for part in item["loc"] if isinstance(part, str))
            said.append(f"{where}: {item['msg'].removeprefix('Value error, ')}" if where else item["msg"])
        raise SourceTermsError("; ".join(said).removeprefix("Value error, ") + ".") from None


def add_source(session: Session, terms: Terms, now: datetime) -> None:
    """A new one; raises SourceTermsError when the name is taken."""
    if session.get(SourceRow, terms.name) is not None:
        raise SourceTermsError(f"There is a source {terms.name} already.")
    session.add(SourceRow(created_at=now, **_columns(session, terms, now)))


def put_source(session: Session, terms: Terms, now: datetime) -> None:
    """Write one over what has its name, or add it; what narrows its audience holds from this transaction on."""
    row = session.get(SourceRow, terms.name, with_for_update=True)
    if row is None:  # should somebody add it at the same moment, this transaction is run again
        session.add(SourceRow(created_at=now, **_columns(session, terms, now)))
        return
    schedule, enabled = row.schedule, row.enabled
    columns = _columns(session, terms, now)
    if (schedule, enabled) == (terms.schedule, terms.enabled):
        del columns["next_run_at"]  # nobody asked for another moment
    for name, value in columns.items():
        setattr(row, name, value)
    _narrow(session, terms)


def change_source(session: Session, name: str, changes: dict[str, Any], now: datetime) -> Terms:
    """Change some of the terms; `options` are changed one by one too. Raises SourceTermsError."""
    terms = get_source(session, name).terms
    told = terms.model_dump()
    options = {**told["options"], **changes.pop("options", {})}
    changed = terms_of({**told, **changes, "options": options})
    put_source(session, changed, now)
    return changed


def remove_source(session: Session, name: str) -> list[str]:
    """Take it out with all its articles; returns their keys. Raises SourceTermsError."""
    row = session.get(SourceRow, name)
    if row is None:
        raise SourceTermsError(f"There is no source {name}.")
    gone = keys_of(session, name)
    remove_all(session, gone)
    session.delete(row)
    return gone


def get_source(session: Session, name: str) -> Source:
    """The one of that name; raises SourceTermsError."""
    row = session.get(SourceRow, name)
    if row is None:
        raise SourceTermsError(f"There is no source {name}.")
    return _source(session, row)


def all_sources(session: Session) -> list[Source]:
    """By name."""
    return [_source(session, row) for row in session.scalars(select(SourceRow).order_by(SourceRow.name))]


def due(session: Session, now: datetime) -> list[str]:
    """Names of those whose time has come."""
    timely = select(SourceRow.name).where(SourceRow.enabled, SourceRow.next_run_at <= now)
    return list(session.scalars(timely.order_by(SourceRow.next_run_at)))


def settle(session: Session, reports: Sequence[SourceReport], now: datetime) -> None:
    """Keep what a run did with each source, and say when it runs next."""
    zone = zone_of(session)
    for report in reports:
        row = session.get(SourceRow, report.source)
        if row is not None:
            row.last_run_at, row.last_outcome, row.last_report = now, report.outcome, report.stored()
            row.next_run_at = Schedule.parse(row.schedule).following(now, zone) if row.enabled else None


def _columns(session: Session, terms: Terms, now: datetime) -> dict[str, Any]:
    told = terms.model_dump(mode="json")
    coming = Schedule.parse(terms.schedule)
    # One that is read every so often is read at once, one that is read daily at its time.
    first = now if coming.every else coming.following(now, zone_of(session))
    return {**{name: told[name] for name in _TERMS}, "next_run_at": first if terms.enabled else None}


def _source(session: Session, row: SourceRow) -> Source:
    terms = Terms.model_validate({name: getattr(row, name) for name in _TERMS})
    times = row.next_run_at, row.last_run_at
    return Source(terms, count_of(session, row.name), *times, row.last_outcome, row.last_report)


def _narrow(session: Session, terms: Terms) -> None:
    """Articles whose readers are more than the source now allows: fewer at once, before anything is read again."""
    keys = keys_of(session, terms.name) if terms.audience else []
    rows = (row for key in keys if (row := session.get(ArticleRow, key)) is not None)
    beyond = [row for row in rows if not row.audience or not set(row.audience) <= set(terms.audience)]
    for row in beyond:
        readers = terms.readers(tuple(row.audience))
        if readers is None:
            session.delete(row)
        else:
            row.audience = list(readers)
            article = article_of(row)
            row.sha256, row.text_sha256 = fingerprint(article), text_fingerprint(article)
    if beyond:
        note_change(session)
