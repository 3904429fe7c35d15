"""The table of the audit trail. Triggers of the store refuse to change or delete a row (migration 0014)."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class AuditEntry(Base):
    """One thing somebody did. `id` counts without gaps; `hash` seals it to the entry before.

    `details` may be erased, with the salt that keeps them from being guessed: their digest stays, and so the chain.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (
        Index("audit_entry_by_actor", "actor", "id"),
        Index("audit_entry_by_subject", "subject", "id"),
        Index("audit_entry_by_time", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]  # "staff 3", "employee", "bot", "system", "command root"
    action: Mapped[str]  # "request.comment", "staff.changed", or the route of a form: "POST /knowledge/runs"
    subject: Mapped[str]  # "request 1042", "conversation 7", or the path of a form
    details: Mapped[str | None]  # JSON; None = erased
    salt: Mapped[str | None]
    digest: Mapped[str]  # SHA-256 of salt and details
    hash: Mapped[str]  # SHA-256 of the hash before and everything else but details and salt
