"""Passwords of staff: which are taken, how they are kept, how one is made up for somebody."""

import secrets
from collections.abc import Sequence
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.identity.hashing import OWASP_ARGON2
from app.staff.errors import WeakPasswordError

SHORTEST, LONGEST = 12, 200  # characters; OWASP ASVS 5.0 6.2.1 asks for 8 at least and 6.2.9 for 64 at most to be taken
STRONG = 3  # of zxcvbn's 0-4: more than 10^8 guesses
WEIGHED = 72  # characters zxcvbn looks at
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no two that look alike; 20 of them are 99 bits
COMMON = Path(__file__).with_name("common.txt")  # words that zxcvbn's lists, which are English, do not know


def require_strong(password: str, about: Sequence[str] = ()) -> None:
    """Refuse a password that is short or guessed early; `about` are words near the person: name, address, company.

    Raises:
        WeakPasswordError: says which of the two.
    """
    if len(password) < SHORTEST:
        raise WeakPasswordError("password_short", f"A password needs at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise WeakPasswordError("password_long", f"A password has at most {LONGEST} characters.")
    from zxcvbn import zxcvbn  # noqa: PLC0415 -- 0.1 s of word lists, only when a password is chosen

    near = [word for text in about for word in (text, *text.replace("@", " ").replace(".", " ").split())]
    if zxcvbn(password[:WEIGHED], user_inputs=[*near, *COMMON.read_text(encoding="utf8").split()])["score"] < STRONG:
        raise WeakPasswordError("password_common", "That password is easy to guess: use several unrelated words.")


def make_up_password() -> str:
    """One that nobody guesses and that can be read out: five groups of four."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(5))


def hash_password(password: str, argon2: PasswordHasher = OWASP_ARGON2) -> str:
    """What is kept; some 40 ms, outside any transaction and off the loop."""
    return argon2.hash(password)


def is_password(kept: str, password: str, argon2: PasswordHasher = OWASP_ARGON2) -> bool:
    """Whether it is the one behind `kept`; the same 40 ms for no."""
    try:
        return argon2.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


# What a password for an unknown account is held against, so that yes and no take the same time.
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$z0fU2QTWO10YKnUa/q6M8w$6G+jBR7XAZBM83xMswF0pKWhH3hdiIDmnoD987dd6L4"
