"""The tables of identity: employees, one-time codes, wrong tries, verified sessions."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, partial
from tools.service_desk import Employee


class EmployeeRow(Base):
    """A person of the company. `email` is as `normalise_email` gives it; None when it went to somebody else."""

    __tablename__ = "employee"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    language: Mapped[str] = mapped_column(default="pt-BR")
    timezone: Mapped[str] = mapped_column(default="America/Sao_Paulo")
    location: Mapped[str] = mapped_column(default="")
    department: Mapped[str] = mapped_column(default="")
    groups: Mapped[list[str]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)
    vip: Mapped[bool] = mapped_column(default=False)
    notices_off: Mapped[bool] = mapped_column(default=False)  # no status notices; agents' replies always come


class OneTimeCode(Base):
    """A code asked for in a conversation, as a hash. `employee_id` is None for an unknown address (a decoy).

    The newest of a conversation is the only one that counts. Neither code nor address can be read from this table.
    """

    __tablename__ = "one_time_code"
    __table_args__ = (
        Index("code_by_conversation", "conversation_id", "issued_at"),
        Index("code_by_email", "email_key", "issued_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    conversation_id: Mapped[str]
    email_key: Mapped[str]
    employee_id: Mapped[str | None] = mapped_column(ForeignKey("employee.id"))
    hash: Mapped[str]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)  # wrong ones
    used_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]  # seen to be expired: stays so whatever the clock says later


class WrongCode(Base):
    """One wrong code typed for an address, from whatever conversation."""

    __tablename__ = "wrong_code"
    __table_args__ = (Index("wrong_code_by_email", "email_key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email_key: Mapped[str]
    conversation_id: Mapped[str]
    at: Mapped[datetime]


class VerifiedSession(Base):
    """The proof that a contact is an employee. `bound_to` is the BSUID or number it was given from."""

    __tablename__ = "verified_session"
    __table_args__ = (
        Index("session_by_conversation", "conversation_id", "id"),
        Index("session_open", "conversation_id", unique=True, **partial("ended_at IS NULL")),
        Index("session_by_employee", "employee_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[str]
    employee_id: Mapped[str] = mapped_column(ForeignKey("employee.id"))
    bound_to: Mapped[str]
    started_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str] = mapped_column(default="")
    told: Mapped[bool] = mapped_column(default=False)  # the employee knows that it ended


def to_employee(row: EmployeeRow) -> Employee:
    """The row as the rest of the house knows it."""
    values = {name: getattr(row, name) for name in Employee.model_fields}
    return Employee.model_validate(values | {"email": row.email or ""})
