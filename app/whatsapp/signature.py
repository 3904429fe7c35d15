"""Meta's signature: HMAC-SHA256 of the raw body with the app secret, compared in constant time."""

import hashlib
import hmac
from collections.abc import Iterable

PREFIX = "sha256="


def sign(secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature-256` for these bytes."""
    return PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(secrets: Iterable[str], body: bytes, header: str) -> bool:
    """Whether one of our app secrets made this header; several stand side by side while one is being rotated."""
    given = header.encode("utf-8", "replace")
    matches = [hmac.compare_digest(sign(secret, body).encode(), given) for secret in secrets if secret]
    return any(matches)
