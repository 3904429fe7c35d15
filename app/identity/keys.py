"""The secrets of identity, all derived from one: they pepper hashes, hide addresses, seal codes for the mail."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from app.errors import ConfigurationError
from app.identity.key_file import KEY_FILE, require_long

NONCE_BYTES = 12  # AES-GCM


class SealBrokenError(Exception):
    """A sealed payload was made with another key, belongs elsewhere or was changed."""


class SecretKeys:
    """Keys for three purposes; knowing one tells nothing about the others."""

    def __init__(self, secret: bytes) -> None:
        self._pepper = _derive(secret, b"code pepper")
        self._address = _derive(secret, b"e-mail key")
        self._seal = AESGCM(_derive(secret, b"mail seal"))

    def __repr__(self) -> str:
        return "SecretKeys(…)"

    def peppered(self, code: str, *, ref: str, conversation_id: str) -> str:
        """What is hashed instead of the code, so that a hash without the pepper or moved elsewhere is worthless."""
        return _hmac(self._pepper, json.dumps([ref, conversation_id, code]))

    def email_key(self, email: str) -> str:
        """A stable name for a case-folded address that does not show it."""
        return _hmac(self._address, email)

    def seal(self, payload: dict[str, Any], *, ref: str) -> str:
        """Encrypt `payload` for one `ref`."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._seal.encrypt(nonce, json.dumps(payload).encode(), ref.encode())
        return base64.b64encode(nonce + sealed).decode()

    def unseal(self, sealed: str, *, ref: str) -> dict[str, Any]:
        """The payload that `seal` hid.

        Raises:
            SealBrokenError: another key or `ref`, or not sealed by us.
        """
        try:
            raw = base64.b64decode(sealed, validate=True)
            payload: dict[str, Any] = json.loads(self._seal.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], ref.encode()))
        except (InvalidTag, ValueError) as error:
            raise SealBrokenError("a sealed mail cannot be opened with the present key") from error
        return payload


def open_keys(data_dir: Path, pepper: SecretStr) -> SecretKeys:
    """Keys from the pepper in the settings or, when that is empty, from a file in `data_dir` that is made once.

    Raises:
        ConfigurationError: the pepper is too short, or the file is damaged or open to other accounts.
    """
    chosen = pepper.get_secret_value()
    if not chosen:
        return SecretKeys(_kept_secret(data_dir / KEY_FILE))
    require_long(pepper)
    return SecretKeys(chosen.encode())


def _kept_secret(path: Path) -> bytes:
    if not path.exists():
        _make_secret(path)
    if path.stat().st_mode & 0o077:
        raise ConfigurationError(f"{path} can be read by other accounts: run chmod 600 on it.")
    text = path.read_text(encoding="ascii", errors="replace").strip()
    try:
        secret = bytes.fromhex(text)
    except ValueError:
        secret = b""
    if len(secret) != SHA256.digest_size:
        raise ConfigurationError(f"{path} is damaged: restore it, or remove it (codes on their way become invalid).")
    return secret


def _make_secret(path: Path) -> None:
    """Write it whole under another name first: a crash never leaves half a key, and the first of two makers wins."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_hex(SHA256.digest_size).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), SHA256.digest_size, salt=None, info=b"recado identity: " + purpose).derive(secret)


def _hmac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
