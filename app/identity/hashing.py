"""One-time codes: drawn, hashed with argon2id and pepper, compared."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.identity.keys import SecretKeys

DIGITS = 6  # 20 bits: NIST SP 800-63B and OWASP ASVS 6.5.4 ask for no less

# OWASP Password Storage: 19 MiB, two passes, one lane; about 40 ms, so all codes of a stolen hash take hours
OWASP_ARGON2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, hash_len=32, salt_len=16)


def draw_code() -> str:
    """Six digits, each equally likely."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


class CodeHasher:
    """Hashes outside the event loop and outside any transaction; argon2 lets go of the interpreter while it works."""

    def __init__(self, keys: SecretKeys, argon2: PasswordHasher = OWASP_ARGON2) -> None:
        self._keys = keys
        self._argon2 = argon2

    async def hash(self, code: str, *, ref: str, conversation_id: str) -> str:
        """What is stored; worth nothing for another code row or conversation."""
        peppered = self._keys.peppered(code, ref=ref, conversation_id=conversation_id)
        return await asyncio.to_thread(self._argon2.hash, peppered)

    async def matches(self, stored: str, code: str, *, ref: str, conversation_id: str) -> bool:
        """Whether `code` is the one behind `stored`."""
        peppered = self._keys.peppered(code, ref=ref, conversation_id=conversation_id)
        return await asyncio.to_thread(self._verify, stored, peppered)

    def _verify(self, stored: str, peppered: str) -> bool:
        try:
            return self._argon2.verify(stored, peppered)
        except (VerificationError, InvalidHashError):
            return False
