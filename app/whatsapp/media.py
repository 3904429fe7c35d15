"""Files up to and down from Meta: uploads within its limits, downloads in two steps, streamed, counted and verified."""

import asyncio
import base64
import binascii
import hashlib
import re
from pathlib import Path

import anyio
import httpx
from pydantic import Field, ValidationError

from app.whatsapp import wire
from app.whatsapp.client import CloudApi, lost, refusal
from app.whatsapp.errors import (
    WRONG_SIZE,
    WRONG_TYPE,
    ChannelStoppedError,
    RefusedError,
    SendError,
    UnavailableError,
)
from app.whatsapp.limits import MB, MEDIA_SIZES
from app.whatsapp.network import check_media_url
from tools.service_desk import Frozen

LARGEST = 100 * MB  # Meta's own limit for a document
MEDIA_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f"\\/]')
LONGEST_FETCH = 120.0  # seconds for a whole file
PIECE = 64 * 1024  # bytes at a time


class Downloaded(Frozen):
    """A file on our disk; `sha256` is hex, of the bytes we have."""

    path: Path
    mime_type: str
    size: int
    sha256: str


class _Uploaded(wire.Wire):
    id: str = Field(min_length=1)


class _Whereabouts(wire.Wire):
    url: str
    mime_type: str = ""
    sha256: str = ""
    file_size: int = 0


class _GoneError(Exception):
    """The address is no longer valid: they live for five minutes."""


async def upload(api: CloudApi, content: bytes, *, mime_type: str, name: str) -> str:
    """Give Meta a file; returns its media id, good for 30 days. Raises `SendError`s."""
    kind = mime_type.split(";", maxsplit=1)[0].strip().lower()
    if kind not in MEDIA_SIZES:
        raise RefusedError(WRONG_TYPE)
    if not 0 < len(content) <= MEDIA_SIZES[kind]:
        raise RefusedError(WRONG_SIZE)
    safe = UNSAFE_IN_NAMES.sub("_", name)[:240] or "file"
    answer = await api.call(
        "POST",
        f"{api.root}/{api.phone_number_id}/media",
        data={"messaging_product": "whatsapp", "type": kind},
        files={"file": (safe, content, kind)},
    )
    try:
        return _Uploaded.model_validate(answer).id
    except ValidationError:
        raise UnavailableError("an upload without an id", status=200) from None


async def download(api: CloudApi, media_id: str, target: Path, *, limit: int = LARGEST) -> Downloaded:
    """Fetch a file to `target`, which appears whole or not at all.

    Raises `RefusedError` (unknown, too large, not from an allowed host) or another `SendError`. Nothing is sent by
    fetching: `UnavailableError` may always be tried again.
    """
    if not MEDIA_ID.fullmatch(media_id):
        raise RefusedError("this is no media id")
    found = await _locate(api, media_id)
    try:
        return await _fetch(api, found, target, limit)
    except _GoneError:
        found = await _locate(api, media_id)
    try:
        return await _fetch(api, found, target, limit)
    except _GoneError:
        raise UnavailableError("the file's address expired twice", status=404) from None


async def _locate(api: CloudApi, media_id: str) -> _Whereabouts:
    """Ask where the file is. Without `phone_number_id`, which only fits files we uploaded ourselves."""
    try:
        return _Whereabouts.model_validate(await api.call("GET", f"{api.root}/{media_id}"))
    except ValidationError:
        raise UnavailableError("an answer that does not say where the file is", status=200) from None
    except ChannelStoppedError as stopped:
        if stopped.status in {400, 404}:  # of this file, not of the channel
            raise RefusedError("the file is unknown or older than 7 days", code=stopped.code) from None
        raise


async def _fetch(api: CloudApi, found: _Whereabouts, target: Path, limit: int) -> Downloaded:
    if found.file_size > limit:
        raise RefusedError("the file is too large")
    await check_media_url(found.url, base_url=api.base_url, hosts=api.media_hosts)
    # Compressed answers are not asked for: a small one could unpack to anything.
    headers = {**api.authorization, "Accept-Encoding": "identity"}
    try:
        async with (
            asyncio.timeout(LONGEST_FETCH),
            api.http.stream("GET", found.url, headers=headers, follow_redirects=False) as response,
        ):
            _check(response, limit)
            size, digest = await _save(response, target, limit, found.sha256)
    except TimeoutError:
        raise UnavailableError("the file did not arrive in time") from None
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise lost(error) from None
    return Downloaded(path=target, mime_type=found.mime_type, size=size, sha256=digest)


def _check(response: httpx.Response, limit: int) -> None:
    if response.status_code in {404, 410}:
        raise _GoneError
    if response.is_redirect:
        raise RefusedError("the file is elsewhere, and redirects are not followed", status=response.status_code)
    if response.status_code != 200:
        raise _verdict(response)
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise RefusedError("the file is too large")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise RefusedError("the file came packed")


def _verdict(response: httpx.Response) -> SendError:
    """By status alone: the body of a download is not read."""
    return refusal(
        httpx.Response(response.status_code, headers={"retry-after": response.headers.get("retry-after", "")})
    )


async def _save(response: httpx.Response, target: Path, limit: int, expected: str) -> tuple[int, str]:
    part = anyio.Path(f"{target}.part")
    size, hasher = 0, hashlib.sha256()
    try:
        async with await part.open("wb") as file:
            async for piece in response.aiter_raw(PIECE):
                size += len(piece)
                if size > limit:
                    raise RefusedError("the file is too large")
                hasher.update(piece)
                await file.write(piece)
        if expected and hasher.digest() not in _digests(expected):
            raise UnavailableError("the file arrived damaged", status=200)
        await part.rename(target)
    finally:
        await part.unlink(missing_ok=True)
    return size, hasher.hexdigest()


def _digests(text: str) -> list[bytes]:
    """The SHA-256 that Meta writes as hex in one place and as base64 in another."""
    found = []
    for decode in (bytes.fromhex, lambda word: base64.b64decode(word, validate=True)):
        try:
            found.append(decode(text))
        except (ValueError, binascii.Error):
            continue
    return found
