"""Tells whoever watches (phone pages, waiting tests) what just happened."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

HEARTBEAT_S = 10.0
MOST_UNREAD = 1000


@dataclass(frozen=True)
class Event:
    """Something that happened, as a name and JSON data."""

    name: str
    data: dict[str, Any]

    def as_sse(self) -> bytes:
        """Write the event for an `EventSource`."""
        return f"event: {self.name}\ndata: {json.dumps(self.data)}\n\n".encode()


@dataclass
class Feed:
    """Hands each event to every subscriber; one that stops reading loses its oldest events, not the others'."""

    _queues: set["asyncio.Queue[Event | None]"] = field(default_factory=set)

    def publish(self, name: str, data: dict[str, Any]) -> None:
        """Tell every subscriber; free when nobody watches."""
        for queue in list(self._queues):
            if queue.qsize() >= MOST_UNREAD:
                queue.get_nowait()
            queue.put_nowait(Event(name, data))

    @contextmanager
    def subscribed(self) -> Iterator["asyncio.Queue[Event | None]"]:
        """Receive events from here on; None means that the feed closed."""
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield queue
        finally:
            self._queues.discard(queue)

    def close(self) -> None:
        """End every stream, so that a server can shut down."""
        for queue in list(self._queues):
            queue.put_nowait(None)

    async def stream(self, *names: str, opening: Event) -> AsyncIterator[bytes]:
        """Write server-sent events of these names, after an opening one, with a heartbeat."""
        with self.subscribed() as queue:
            yield b"retry: 1000\n\n" + opening.as_sse()
            while True:
                try:
                    event = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if event is None:
                    return
                if event.name in names:
                    yield event.as_sse()
