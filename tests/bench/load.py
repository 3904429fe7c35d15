"""An open-loop HTTP load: requests leave on time whether or not the last ones were answered, so waiting counts."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

PEOPLE = 500

_numbers, _messages = count(), count()


def text_message(sender: str, words: str) -> dict[str, Any]:
    """One message as Meta tells of it."""
    return message_of(sender, "text", {"body": words})


def message_of(sender: str, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """One message of any type."""
    return {
        "from": sender,
        "id": f"wamid.bench{time.time_ns()}.{next(_messages)}",
        "timestamp": str(int(time.time())),
        "type": kind,
        kind: content,
    }


def webhook_body(phone_number_id: str, *messages: dict[str, Any]) -> bytes:
    """One POST's body."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551140001234", "phone_number_id": phone_number_id},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": messages[0]["from"]}],
        "messages": messages,
    }
    entry = {"id": "2", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def signed_webhook(secret: bytes) -> tuple[bytes, str]:
    """One text message of one of `PEOPLE`, and its signature."""
    sender = f"55119{next(_numbers) % PEOPLE:08d}"
    raw = webhook_body("1", text_message(sender, "minha vpn não conecta em casa, o que eu faço?"))
    return raw, hmac.new(secret, raw, hashlib.sha256).hexdigest()


def requests(secret: bytes, path: str, total: int) -> Iterator[bytes]:
    """Whole HTTP/1.1 requests, ready to be written."""
    for _ in range(total):
        raw, signature = signed_webhook(secret)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {len(raw)}\r\n\r\n"
        )
        yield head.encode() + raw


class Connection:
    """One kept-alive connection, one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, request: bytes) -> int:
        """Send a request; returns the status."""
        self.writer.write(request)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await self.reader.readexactly(length)
        return int(head[9:12])


async def open_loop(port: int, prepared: list[bytes], rate: float, connections: int = 64) -> list[float]:
    """Send `prepared` at `rate` per second; returns each one's seconds from when it was due to its 200."""
    free: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(connections):
        free.put_nowait(Connection(*await asyncio.open_connection("127.0.0.1", port)))
    latencies: list[float] = []
    start = time.perf_counter() + 0.1

    async def one(n: int, request: bytes) -> None:
        due = start + n / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        connection = await free.get()
        if await connection.ask(request) == 200:
            latencies.append(time.perf_counter() - due)
        free.put_nowait(connection)

    await asyncio.gather(*(one(n, request) for n, request in enumerate(prepared)))
    return latencies


async def closed_loop(port: int, prepared: list[bytes], connections: int = 16) -> float:
    """Send `prepared` as fast as `connections` take them; returns requests per second."""
    queue = iter(prepared)

    async def one() -> None:
        connection = Connection(*await asyncio.open_connection("127.0.0.1", port))
        for request in queue:
            await connection.ask(request)

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    return len(prepared) / (time.perf_counter() - started)
