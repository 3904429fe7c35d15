"""Files on the emulated servers: uploaded, fetched in two steps, gone after their days."""

import base64
import hashlib
import hmac
import itertools
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.emulator.refusal import Refusal

UPLOADED_LIFE = timedelta(days=30)
INBOUND_LIFE = timedelta(days=7)
URL_LIFE = timedelta(minutes=5)

_MB = 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."
_LIMITS = {
    "image/jpeg": 5 * _MB,
    "image/png": 5 * _MB,
    "image/webp": 500 * 1024,
    "audio/aac": 16 * _MB,
    "audio/amr": 16 * _MB,
    "audio/mpeg": 16 * _MB,
    "audio/mp4": 16 * _MB,
    "audio/ogg": 16 * _MB,
    "video/mp4": 16 * _MB,
    "video/3gpp": 16 * _MB,
    "text/plain": 100 * _MB,
    "application/pdf": 100 * _MB,
    "application/msword": 100 * _MB,
    "application/vnd.ms-excel": 100 * _MB,
    "application/vnd.ms-powerpoint": 100 * _MB,
    _OFFICE + "wordprocessingml.document": 100 * _MB,
    _OFFICE + "spreadsheetml.sheet": 100 * _MB,
    _OFFICE + "presentationml.presentation": 100 * _MB,
}


@dataclass(frozen=True)
class StoredFile:
    """A file with its type and the moment it is forgotten."""

    id: str
    content: bytes
    mime_type: str
    filename: str
    expires_at: datetime

    @property
    def sha256(self) -> bytes:
        """The digest Meta shows as hex on the media endpoint and as base64 in webhooks."""
        return hashlib.sha256(self.content).digest()

    @property
    def sha256_base64(self) -> str:
        """The digest as webhooks carry it."""
        return base64.b64encode(self.sha256).decode()


class MediaStore:
    """Keeps files in memory and signs their short-lived addresses."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}
        self._numbers = itertools.count(1_100_000_000_000_001)
        self._key = secrets.token_bytes(32)

    def upload(self, content: bytes, mime_type: str, filename: str, now: datetime) -> StoredFile:
        """Take a file from the business.

        Raises:
            Refusal: 131053 for a type WhatsApp does not carry or a file over its limit, 100 for an empty one.
        """
        limit = _LIMITS.get(mime_type.partition(";")[0].strip())
        if limit is None:
            raise Refusal(131053, f"Unsupported media mime type {mime_type!r}.")
        if not content:
            raise Refusal(100, "The file is empty.")
        if len(content) > limit:
            raise Refusal(131053, f"The file has {len(content)} bytes; {mime_type} may have {limit}.")
        return self._keep(content, mime_type, filename, now + UPLOADED_LIFE)

    def receive(self, content: bytes, mime_type: str, filename: str, now: datetime) -> StoredFile:
        """Take a file a person sends to the business; any type."""
        return self._keep(content, mime_type, filename, now + INBOUND_LIFE)

    def get(self, media_id: str, now: datetime) -> StoredFile | None:
        """Return a file still alive."""
        found = self._files.get(media_id)
        return found if found and found.expires_at > now else None

    def delete(self, media_id: str) -> None:
        """Forget a file."""
        self._files.pop(media_id, None)

    def url(self, base: str, media_id: str, now: datetime) -> str:
        """Return an address of the file that works for five minutes."""
        until = int((now + URL_LIFE).timestamp())
        return f"{base}/emulator/media/{media_id}?ext={until}&hash={self._sign(media_id, until)}"

    def opens(self, media_id: str, until: str, signature: str, now: datetime) -> bool:
        """Tell whether an address made by `url` is genuine and still valid."""
        if not until.isdecimal() or int(until) <= now.timestamp():
            return False
        return hmac.compare_digest(self._sign(media_id, int(until)).encode(), signature.encode())

    def _keep(self, content: bytes, mime_type: str, filename: str, expires_at: datetime) -> StoredFile:
        stored = StoredFile(str(next(self._numbers)), content, mime_type, filename, expires_at)
        self._files[stored.id] = stored
        return stored

    def _sign(self, media_id: str, until: int) -> str:
        return hmac.new(self._key, f"{media_id}:{until}".encode(), hashlib.sha256).hexdigest()[:32]
