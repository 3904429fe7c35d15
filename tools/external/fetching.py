"""One question over HTTP, as carefully as a stranger's answer deserves: no redirects, JSON only, capped as it comes."""

import json
import re
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from tools.external.errors import PausedError, RejectedError, UnavailableError, UnusableError

AGENT = "Recado (self-hosted help desk; httpx)"
LARGEST = 1_000_000  # bytes of an answer, packed or unpacked
PAUSE = 60.0  # seconds, for a source that is asked too often and does not say how long to wait
LONGEST_PAUSE = 86_400.0  # seconds; a source that asks for more is asked again the next day
THROTTLED = re.compile(r"available in (\d{1,6}) seconds")  # Stack Exchange says it with status 400
JSON_TYPE = re.compile(r"application/(?:[\w.+-]+\+)?json\b", re.IGNORECASE)


async def fetch(http: httpx.AsyncClient, request: httpx.Request) -> Any:
    """The JSON that answers a request.

    Raises:
        OutsideError: one of its kinds, when there is none.
    """
    try:
        answer = await http.send(request, stream=True, follow_redirects=False)
    except httpx.TimeoutException:
        raise UnavailableError("answers too slowly", again=False) from None
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise UnavailableError(_broken(error)) from None
    try:
        return await _read(answer)
    except httpx.TimeoutException:
        raise UnavailableError("answers too slowly", again=False) from None
    except httpx.TransportError as error:
        raise UnavailableError(_broken(error)) from None
    finally:
        await answer.aclose()


def _broken(error: Exception) -> str:
    return "cannot be reached" if isinstance(error, httpx.ConnectError) else "breaks off"


async def _read(answer: httpx.Response) -> Any:
    status = answer.status_code
    if status == 429 or (status == 503 and "retry-after" in answer.headers):
        raise PausedError("is asked too often", retry_after(answer.headers.get("retry-after", "")))
    if status in (401, 402, 403):
        raise RejectedError(f"refuses us with {status}")
    if answer.has_redirect_location or 300 <= status < 400:
        raise UnusableError("sends us elsewhere, which is not followed")
    if status >= 500:
        raise UnavailableError(f"answers with {status}")
    if not JSON_TYPE.match(answer.headers.get("content-type", "")):
        raise UnusableError("answers with something other than JSON")
    body = await _capped(answer)
    if status == 400 and (found := THROTTLED.search(body[:2000].decode(errors="replace"))):
        raise PausedError("is asked too often", min(float(found[1]), LONGEST_PAUSE))
    if status != 200:
        raise UnusableError(f"answers with {status}")
    return _parsed(body)


async def _capped(answer: httpx.Response) -> bytes:
    """The body; httpx would unpack a bomb before we could count it, so it is unpacked here."""
    packing = answer.headers.get("content-encoding", "identity").strip().casefold()
    if packing not in ("", "identity", "gzip"):
        raise UnusableError("is packed in a way that was not asked for")
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 16) if packing == "gzip" else None
    body = bytearray()
    try:
        async for piece in _counted(answer.aiter_raw()):
            body += unpack.decompress(piece, LARGEST + 1 - len(body)) if unpack else piece
            if len(body) > LARGEST:
                raise UnusableError("answers with too much")
    except zlib.error:
        raise UnusableError("is packed badly") from None
    return bytes(body)


async def _counted(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    total = 0
    async for piece in pieces:
        total += len(piece)
        if total > LARGEST:
            raise UnusableError("answers with too much")
        yield piece


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # brackets in brackets a thousand times over are no answer either
        raise UnusableError("answers with JSON that cannot be read") from None


def retry_after(told: str) -> float:
    """Seconds out of a Retry-After header, which may be a number or a date."""
    if re.fullmatch(r"\d{1,9}", told.strip()):
        return min(float(told), LONGEST_PAUSE)
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return PAUSE
    wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(wait.total_seconds(), 1.0), LONGEST_PAUSE)
