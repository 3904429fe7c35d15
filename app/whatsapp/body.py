"""Bytes from outside as JSON that any database can keep, and the odd values in it."""

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from app.whatsapp.errors import BadBodyError

DEPTH = 64  # levels of JSON; Meta's deepest body has about ten
EARLIEST = datetime(2009, 1, 1, tzinfo=UTC)  # WhatsApp is no older
AHEAD = timedelta(minutes=10)  # how far Meta's clock may be ahead of ours
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
SUSPECT = ("null", r"\u0000", r"\ud", r"\uD")  # how a body has to spell what `_storable` takes out


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


# Made once: `json.loads` and `json.dumps` with options make new ones every time.
DECODER = json.JSONDecoder(parse_constant=_finite, parse_float=_finite)
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def parsed(raw: bytes) -> Any:
    """The JSON in these bytes; raises `BadBodyError` when there is none, or one nested deeper than `DEPTH`."""
    try:
        text = raw.decode()
        body = DECODER.decode(text)
        return _storable(body) if _suspicious(text) else body
    except (ValueError, RecursionError):
        raise BadBodyError from None  # the cause quotes the body


def moment(timestamp: Any, now: datetime) -> datetime:
    """Unix seconds, as text or number; what cannot be true is now."""
    try:
        at = datetime.fromtimestamp(float(timestamp), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return now
    return at if EARLIEST <= at <= now + AHEAD else now


def word(value: Any, limit: int = 256) -> str:
    """A short name or number; "" for anything else."""
    return value[:limit] if isinstance(value, str) else str(value)[:limit] if type(value) is int else ""


def as_text(value: Any) -> str:
    """The JSON again, compact."""
    return ENCODER.encode(value)


def _suspicious(text: str) -> bool:
    """Whether it may hold nulls, NULs or surrogates, or be nested too deeply: walking every body costs 10 µs."""
    return text.count("{") + text.count("[") > DEPTH or any(spelling in text for spelling in SUSPECT)


def _storable(value: Any, depth: int = 0) -> Any:
    """The same JSON without NULs, lone surrogates and nulls, which some database refuses; too deep is a ValueError."""
    if isinstance(value, str):
        harmless = value.isascii() and "\x00" not in value  # nearly all are; five times quicker than the pattern
        return value if harmless else UNSTORABLE.sub("\ufffd", value)
    if not isinstance(value, (dict, list)):
        return value
    if depth >= DEPTH:
        raise ValueError(depth)
    if isinstance(value, list):
        return [_storable(inner, depth + 1) for inner in value]
    return {_storable(key): _storable(inner, depth + 1) for key, inner in value.items() if inner is not None}
