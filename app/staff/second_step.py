"""The second step: codes of an authenticator (RFC 6238) and recovery codes, each taken once."""

import secrets
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.identity.keys import SealBrokenError, SecretKeys
from app.staff.accounts import staff_of
from app.staff.models import StaffRecoveryCode, StaffRow

STEP_SECONDS = 30
DRIFT = 1  # steps a telephone's clock may be off on either side
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # 31: 16 of them are 79 bits


def draw_secret() -> str:
    """A new secret for an authenticator: 160 bits."""
    return pyotp.random_base32()


def address_of(secret: str, email: str, house: str) -> str:
    """The otpauth:// address an authenticator reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=house)


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The 30 seconds whose code this is, if they are about now."""
    digits = "".join(code.split())
    current = int(now.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    steps = (current + drift for drift in range(-DRIFT, DRIFT + 1))
    return next((step for step in steps if secrets.compare_digest(totp.generate_otp(step), _ascii(digits))), None)


def keep_secret(session: Session, staff_id: int, secret: str, step: int, keys: SecretKeys) -> tuple[str, ...]:
    """Ask this account for codes of `secret` from now on; returns its recovery codes, shown this once."""
    row = staff_of(session, staff_id)
    row.totp_sealed, row.totp_step = keys.seal({"secret": secret}, ref=_ref(row.id)), step
    return renew_recovery_codes(session, row.id, keys)


def renew_recovery_codes(session: Session, staff_id: int, keys: SecretKeys) -> tuple[str, ...]:
    """Ten new ones; the old are worth nothing any more."""
    session.execute(delete(StaffRecoveryCode).where(StaffRecoveryCode.staff_id == staff_id))
    codes = tuple(_draw_code() for _ in range(RECOVERY_CODES))
    session.add_all(StaffRecoveryCode(code_hash=_hashed(code, staff_id, keys), staff_id=staff_id) for code in codes)
    return codes


def use_code(session: Session, staff_id: int, code: str, keys: SecretKeys, now: datetime) -> bool:
    """Whether this code, of the authenticator or for recovery, is right and was never used; now it is."""
    row = staff_of(session, staff_id)
    step = step_of(_secret(row, keys), code, now)
    if step is not None and step > row.totp_step:
        row.totp_step = step
        return True
    spent = delete(StaffRecoveryCode).where(
        StaffRecoveryCode.staff_id == staff_id, StaffRecoveryCode.code_hash == _hashed(code, staff_id, keys)
    )
    return session.execute(spent.returning(StaffRecoveryCode.code_hash)).one_or_none() is not None


def count_recovery_codes(session: Session, staff_id: int) -> int:
    """How many are left."""
    return session.execute(select(func.count()).where(StaffRecoveryCode.staff_id == staff_id)).scalar_one()


def _secret(row: StaffRow, keys: SecretKeys) -> str:
    """The account's secret; one that the present key does not open matches no code, and recovery codes neither."""
    try:
        return str(keys.unseal(row.totp_sealed, ref=_ref(row.id))["secret"])
    except SealBrokenError:
        return draw_secret()


def _ref(staff_id: int) -> str:
    return f"staff second step {staff_id}"


def _draw_code() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(16))
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def _hashed(code: str, staff_id: int, keys: SecretKeys) -> str:
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return keys.peppered(plain, ref="recovery code", conversation_id=str(staff_id))


def _ascii(text: str) -> str:
    return text if text.isascii() else ""
