"""Long lists a page at a time, by key: the hundredth page is as quick as the first."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Slice(Generic[T]):
    """One page of a list; `next` continues it, "" at the end."""

    items: Sequence[T]
    next: str


def cut(rows: Sequence[T], keys: Sequence[tuple[Any, ...]], size: int = PER_PAGE) -> Slice[T]:
    """Make a page of rows that were read with LIMIT size + 1; `keys` are what they are ordered by."""
    more = len(rows) > size
    return Slice(rows[:size], write_cursor(keys[size - 1]) if more else "")


def write_cursor(key: tuple[Any, ...]) -> str:
    """A key as part of an address: plain numbers and texts only."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def read_cursor(text: str, *kinds: type) -> tuple[Any, ...] | None:
    """The key in an address; None for none, and for what is no key of these kinds."""
    try:
        key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    is_ours = isinstance(key, list) and len(key) == len(kinds)
    return tuple(key) if is_ours and all(type(part) is kind for part, kind in zip(key, kinds, strict=True)) else None
