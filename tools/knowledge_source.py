"""Where articles come from, as a port: a folder, a Git checkout, web pages, another desk's own knowledge base."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class SourceUnavailableError(Exception):
    """A source cannot be listed as a whole; nothing of it is changed. The message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Document:
    """One file, page or article as its source holds it now."""

    ref: str  # its name in the source, the same at every listing: a path, an address, an id
    content: bytes
    suffix: str = ""  # of the kind of content, such as ".pdf"; "" = told by `ref`
    url: str = ""  # where a person reads it
    stamp: str = ""  # given back as `known` next time, so that it need not be loaded again; "" = always load
    modified: datetime | None = None  # aware, when the source knows
    sha256: str = field(init=False)  # of the bytes, hex

    def __post_init__(self) -> None:
        """Count the hash once, where the bytes are."""
        object.__setattr__(self, "sha256", hashlib.sha256(self.content).hexdigest())


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A document that is as it was when its source gave `stamp`; it was not loaded."""

    ref: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document that is there but cannot be had, and why, in words a person can act on."""

    ref: str
    reason: str
    gone: bool = False  # it is listed still, but its source says that it is no more: its article goes


Listed = Document | Unchanged | Unreadable


class KnowledgeSource(Protocol):
    """A place with documents. What a whole listing does not name is gone there."""

    @property
    def revision(self) -> str:
        """What the last listing saw, such as a commit; "" where there is no such thing."""
        ...

    def documents(self, known: Mapping[str, str]) -> AsyncIterator[Listed]:
        """READ everything, each ref once, in any order.

        Args:
            known: stamps of documents that need not be loaded when they still have them, by ref.

        Raises:
            SourceUnavailableError: the listing is not whole; at any moment until its end.
        """
        ...
