"""Whose account it is when the company's own sign-in says who somebody is."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.addresses import normalise_email
from app.settings import OidcSettings
from app.staff.accounts import (
    LONGEST_NAME,
    NewStaff,
    Password,
    StaffChange,
    add_staff,
    change_staff,
    find_staff,
    staff_of,
)
from app.staff.errors import OidcError
from app.staff.models import StaffIdentity, StaffRow
from app.staff.oidc import Someone
from app.staff.passwords import NOBODY
from app.staff.roles import ROLES, Role


def account_of(session: Session, someone: Someone, settings: OidcSettings, now: datetime) -> StaffRow:
    """Find, bind or make their account, and give it the roles of their groups where those decide.

    Known by issuer and subject; the first time by an address that the provider has verified.

    Raises:
        OidcError: email (not verified), no_account, or groups (none that has a role here).
        StaffRefusedError: last_admin.
    """
    roles = _roles(someone, settings.roles)
    bound = session.scalar(
        select(StaffIdentity).where(StaffIdentity.issuer == someone.issuer, StaffIdentity.subject == someone.subject)
    )
    row = (
        staff_of(session, bound.staff_id) if bound is not None else _first_time(session, someone, settings, roles, now)
    )
    if not row.active:
        raise OidcError("no_account", f"{row.email} is disabled.")
    if roles and tuple(row.roles) != roles:
        row = change_staff(session, row.id, StaffChange(row.name, roles), now)
    return row


def _roles(someone: Someone, by_group: Mapping[str, tuple[Role, ...]]) -> tuple[Role, ...]:
    """Those of their groups; () where accounts decide. Whoever has lost all of them stays outside."""
    if not by_group:
        return ()
    theirs = {role for group in someone.groups or () for role in by_group.get(group, ())}
    if not theirs:
        raise OidcError("groups", "None of their groups has a role here.")
    return tuple(role for role in ROLES if role in theirs)


def _first_time(
    session: Session, someone: Someone, settings: OidcSettings, roles: tuple[Role, ...], now: datetime
) -> StaffRow:
    email = normalise_email(someone.email)
    if email is None or not someone.email_verified:
        raise OidcError("email", "The provider vouches for no e-mail address.")
    row = find_staff(session, email)
    if row is None and settings.create:
        name = "".join(filter(str.isprintable, " ".join(someone.name.split())))[:LONGEST_NAME] or email
        row = add_staff(session, NewStaff(email, name, roles), Password(NOBODY), now)
    if row is None:
        raise OidcError("no_account", f"{email} has no account.")
    _refuse_second(session, row, someone)
    session.add(StaffIdentity(issuer=someone.issuer, subject=someone.subject, staff_id=row.id, at=now))
    session.flush()
    return row


def _refuse_second(session: Session, row: StaffRow, someone: Someone) -> None:
    """An address that was given to another person since opens nothing: an admin makes them an account of their own."""
    mine = StaffIdentity.staff_id == row.id, StaffIdentity.issuer == someone.issuer
    if session.scalar(select(StaffIdentity.subject).where(*mine)) is not None:
        raise OidcError("no_account", f"{row.email} belongs to another person of {someone.issuer}.")
