"""A TCP proxy with toxics: between two ends it makes the way long, cuts it, or swallows what passes."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

Way = Literal["there", "back"]  # from the client to the server, and from the server to the client
PIECE = 65_536  # bytes read at once
AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset instead of a farewell


class Proxy:
    """Passes what comes to `port` on to a port of this machine. Toxics may be set at any time and hold at once."""

    def __init__(self, target: int) -> None:
        self.target, self.port = target, 0
        self.latency_s = 0.0  # before every piece, each way
        self.silent = False  # half-open: connections stand, and what is sent vanishes
        self.cuts = 0  # connections cut by a toxic so far
        self._cutting: dict[Way, Callable[[bytes], int | None]] = {}
        self._server: asyncio.Server | None = None
        self._meetings: dict[asyncio.Task[None], list[asyncio.StreamWriter]] = {}

    async def open(self) -> None:
        """Listen, on the same port as before."""
        if self._server is not None:
            return
        self._server = await asyncio.start_server(self._meet, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Refuse connections until `open`, and reset those that stand."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self.reset()

    async def reset(self) -> None:
        """Reset every connection that stands."""
        meetings = list(self._meetings)
        for meeting in meetings:
            for writer in self._meetings[meeting]:
                _reset(writer)
            meeting.cancel()
        await asyncio.gather(*meetings, return_exceptions=True)

    def cut_after(self, count: int, way: Way) -> None:
        """Reset every connection after so many more bytes in it."""
        left: dict[int, int] = {}

        def cut(piece: bytes) -> int | None:
            task = id(asyncio.current_task())
            before = left.get(task, count)
            left[task] = before - len(piece)
            return before if len(piece) >= before else None

        self._cutting[way] = cut

    def cut_where(self, cut: Callable[[bytes], int | None], way: Way) -> None:
        """Reset a connection in a piece of which `cut` says how many bytes still pass; None = all, and no cut."""
        self._cutting[way] = cut

    def heal(self) -> None:
        """No toxics; what was swallowed is gone, and its connection with it."""
        self.latency_s, self.silent = 0.0, False
        self._cutting.clear()

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meeting = asyncio.current_task()
        assert meeting
        self._meetings[meeting] = [writer]
        try:
            onward, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _reset(writer)
            del self._meetings[meeting]
            return
        self._meetings[meeting].append(back)
        passing = [
            asyncio.create_task(self._pass(reader, back, "there")),
            asyncio.create_task(self._pass(onward, writer, "back")),
        ]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in passing:
                task.cancel()
            await asyncio.gather(*passing, return_exceptions=True)
            for end in (writer, back):
                end.close()
                with suppress(OSError):
                    await end.wait_closed()
            del self._meetings[meeting]

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                await asyncio.sleep(self.latency_s)
                if self.silent:
                    continue
                cut = self._cutting[way](piece) if way in self._cutting else None
                writer.write(piece if cut is None else piece[:cut])
                await writer.drain()
                if cut is not None:
                    self.cuts += 1
                    meeting = next(ends for ends in self._meetings.values() if writer in ends)
                    await asyncio.sleep(0.01)  # what passed arrives before the reset
                    for end in meeting:
                        _reset(end)
                    return


def _reset(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    writer.transport.abort()


@asynccontextmanager
async def open_proxy(target: int) -> AsyncIterator[Proxy]:
    proxy = Proxy(target)
    await proxy.open()
    try:
        yield proxy
    finally:
        await proxy.refuse()
