"""The catalogue in SQL: brought there from a company's folder, read from there by everybody."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.desk.company_files import OutageEntry, read_company
from app.desk.documents import store_document
from app.desk.models import CategoryRow, CategoryVersion, DeskDocument, OutageRow
from app.desk.rule_book import Change, keep_rules
from tools.service_desk import Category, Outage

IMPORT = "recado desk import"


@dataclass(slots=True)
class CompanySummary:
    """What an import did; categories by how they fared, and what there is now."""

    added: int = 0
    changed: int = 0
    deactivated: int = 0
    unchanged: int = 0
    queues: int = 0
    outages: int = 0  # going on


def import_company(session: Session, folder: Path, *, now: datetime) -> CompanySummary:
    """Make the desk equal to the folder, or raise `ConfigurationError` and change nothing; may be repeated."""
    files = read_company(folder)
    summary = store_categories(session, files.categories, by=IMPORT, now=now)
    summary.queues = len(files.rules.queues)
    keep_rules(session, files.rules, Change("import", IMPORT, now))
    _store_outages(session, files.outages, now)
    summary.outages = sum(outage.ended_at is None or outage.ended_at > now for outage in files.outages)
    session.flush()
    return summary


def store_categories(session: Session, categories: Sequence[Category], *, by: str, now: datetime) -> CompanySummary:
    """Make the catalogue equal to these; who is not among them takes no requests any more."""
    summary, rows = CompanySummary(), {row.id: row for row in session.scalars(select(CategoryRow))}
    for position, category in enumerate(categories):
        spec, row = category.model_dump(mode="json"), rows.pop(category.id, None)
        if row is None:
            row = CategoryRow(id=category.id, position=position, spec=spec, active=True)
            session.add(row)
            summary.added += 1
        elif (row.spec, row.active) == (spec, True):
            row.position = position
            summary.unchanged += 1
            continue
        else:
            remember_first(session, row, now)
            row.spec, row.active, row.position = spec, True, position
            summary.changed += 1
        remember(session, row, by=by, now=now)
    for row in rows.values():
        if row.active:
            summary.deactivated += 1
            remember_first(session, row, now)
            row.active = False
            remember(session, row, by=by, now=now)
    revise(session)
    return summary


def remember_first(session: Session, row: CategoryRow, now: datetime) -> None:
    """Keep what a category was before the first change that is remembered."""
    known = select(CategoryVersion.id).where(CategoryVersion.category_id == row.id).limit(1)
    if session.scalar(known) is None:
        remember(session, row, by="", now=now)


def remember(session: Session, row: CategoryRow, *, by: str, now: datetime) -> None:
    """Keep what a category is from now on."""
    session.add(CategoryVersion(category_id=row.id, spec=row.spec, active=row.active, by=by, at=now))


def revise(session: Session) -> None:
    """Let every worker see that the catalogue is another one."""
    session.flush()
    told = [category.model_dump(mode="json") for category in catalogue_of(session)]
    store_document(session, "revision", hashlib.sha256(json.dumps(told).encode()).hexdigest())


def _store_outages(session: Session, outages: tuple[OutageEntry, ...], now: datetime) -> None:
    rows = {row.id: row for row in session.scalars(select(OutageRow))}
    for outage in outages:
        row = rows.pop(outage.id, None) or OutageRow(id=outage.id)
        row.spec = outage.model_dump(mode="json", exclude={"ended_at"})
        row.ended_at = outage.ended_at
        session.add(row)
    for row in rows.values():
        row.ended_at = row.ended_at or now


def revision_of(session: Session) -> str:
    """Read what changes when the catalogue changes."""
    return session.scalar(select(DeskDocument.body).where(DeskDocument.name == "revision")) or ""


def catalogue_of(session: Session) -> tuple[Category, ...]:
    """Read the active categories, parents before children."""
    rows = session.scalars(select(CategoryRow).where(CategoryRow.active).order_by(CategoryRow.position))
    return tuple(Category.model_validate(row.spec) for row in rows)


def category_of(session: Session, category_id: str) -> tuple[Category, ...]:
    """Read one active category; none when it is unknown."""
    row = session.get(CategoryRow, category_id)
    return (Category.model_validate(row.spec),) if row is not None and row.active else ()


def outages_of(session: Session, now: datetime) -> tuple[Outage, ...]:
    """Read what is broken now, newest first."""
    rows = session.scalars(select(OutageRow).where(OutageRow.ended_at.is_(None) | (OutageRow.ended_at > now)))
    outages = (Outage.model_validate(row.spec) for row in rows)
    return tuple(sorted((o for o in outages if o.since <= now), key=lambda o: o.since, reverse=True))
