"""Looking for entries of the audit trail: by who, what, about what, when; the newest first, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.audit.models import AuditEntry

# What the page and the command call a kind of actions, and how the actions of it begin.
KINDS = ("sign_in", "staff", "access", "request", "knowledge", "privacy", "read", "audit", "POST")


@dataclass(frozen=True, slots=True)
class Wish:
    """What to look for; empty = all."""

    actor: str = ""
    kind: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries(session: Session, wish: Wish, *, before: int | None = None, limit: int = 50) -> list[AuditEntry]:
    """Entries, newest first, below the number `before`."""
    found = _asked(select(AuditEntry), wish)
    if before is not None:
        found = found.where(AuditEntry.id < before)
    return list(session.scalars(found.order_by(AuditEntry.id.desc()).limit(limit)))


def kinds_of_actors(session: Session) -> list[str]:
    """Everybody who is in the trail and is no account of staff."""
    others = select(AuditEntry.actor).where(~AuditEntry.actor.like("staff %")).distinct()
    return sorted(session.scalars(others))


def count(session: Session) -> int:
    """How many there are: they count without gaps."""
    return session.execute(select(func.coalesce(func.max(AuditEntry.id), 0))).scalar_one()


def _asked(found: Select[Any], wish: Wish) -> Select[Any]:
    if wish.actor:
        found = found.where(AuditEntry.actor == wish.actor)
    if wish.kind:
        end = " " if wish.kind == "POST" else "."
        found = found.where(AuditEntry.action.startswith(wish.kind + end, autoescape=True))
    if wish.subject:
        found = found.where(AuditEntry.subject == wish.subject)
    if wish.since is not None:
        found = found.where(AuditEntry.at >= wish.since)
    if wish.until is not None:
        found = found.where(AuditEntry.at < wish.until)
    return found
