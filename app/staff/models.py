"""The tables of staff: accounts, their sessions, their recovery codes, and tries to sign in."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class StaffRow(Base):
    """A person who works at the desk. `email` is as `normalise_email` gives it."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]  # argon2id
    password_at: Mapped[datetime]
    must_change: Mapped[bool] = mapped_column(default=False)  # somebody else knows the password
    roles: Mapped[list[str]]  # app.staff.roles.Role
    language: Mapped[str]
    timezone: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    totp_sealed: Mapped[str] = mapped_column(default="")  # the secret, encrypted; "" = no second step
    totp_step: Mapped[int] = mapped_column(default=0)  # of the newest code that was used: none is taken twice
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None]
    away_until: Mapped[datetime | None]  # no queue gives them requests before


class StaffSession(Base):
    """A browser that signed in. Its token is in the browser's cookie only."""

    __tablename__ = "staff_session"
    __table_args__ = (Index("staff_session_by_staff", "staff_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)  # sha256 of 256 random bits
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    stage: Mapped[str]  # full, or code: the password was right, the second step is missing
    method: Mapped[str] = mapped_column(default="password")  # or oidc: the company's own sign-in asked for all steps
    address: Mapped[str]
    browser: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str] = mapped_column(default="")


class StaffIdentity(Base):
    """Who somebody is for the company's own sign-in. A subject is never given to another person; an address may be."""

    __tablename__ = "staff_identity"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    at: Mapped[datetime]


class StaffRecoveryCode(Base):
    """A code that replaces the second step once."""

    __tablename__ = "staff_recovery_code"

    code_hash: Mapped[str] = mapped_column(primary_key=True)  # HMAC with the house's key
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)


class StaffAttempt(Base):
    """A try to sign in, counted before the password is looked at."""

    __tablename__ = "staff_attempt"
    __table_args__ = (
        Index("staff_attempt_by_account", "account_key", "at"),
        Index("staff_attempt_by_address", "address", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_key: Mapped[str]  # of an address that may be nobody's
    address: Mapped[str]
    passed: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime]
