"""Pages that stay up to date: what a page shows is looked at again and told when it has changed."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from app.console.policy import Rule
from app.console.visit import Visit
from app.staff.sessions import viewer_of

Look = Callable[[Session], Mapping[str, Any]]

EVERY = 2.0  # seconds between looks when nothing was written here: other processes write too
SHORTEST = 0.3  # seconds between looks however much is written
HEARTBEAT = 15.0  # seconds; proxies cut what is silent for longer
STREAMS = 12  # open pages of one session


def live(visit: Visit, rule: Rule, look: Look, *, name: str = "change", every: float = EVERY) -> Response:
    """Server-sent events `name` with what `look` finds as JSON, at once and whenever it is another.

    Whether the session still stands and may see this is looked at with it; "over" is the last event of one that ended.
    Looking is no sign of life: a page left open signs out like any other.
    """
    session_id = visit.me.session_id
    if visit.shared.streams[session_id] >= STREAMS:
        raise HTTPException(429)
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(visit, rule, look, name, every), media_type="text/event-stream", headers=headers)


async def _stream(visit: Visit, rule: Rule, look: Look, name: str, every: float) -> AsyncIterator[bytes]:
    shared, session_id = visit.shared, visit.me.session_id
    shared.streams[session_id] += 1
    try:
        yield b"retry: 2000\n\n"
        told, silent = "", 0.0
        while (found := await visit.read(lambda session: _look(visit, session, rule, look))) is not None:
            if (text := json.dumps(found)) != told:
                told, silent = text, 0.0
                yield f"event: {name}\ndata: {text}\n\n".encode()
            elif silent >= HEARTBEAT:
                silent = 0.0
                yield b": still here\n\n"
            await asyncio.sleep(SHORTEST)
            if not shared.house.presence.is_ending:
                await shared.pulse.wait(every - SHORTEST)
            if shared.house.presence.is_ending:  # the browser asks again, and finds who comes after us
                return
            silent += every
        yield b"event: over\ndata: {}\n\n"
    finally:
        shared.streams[session_id] -= 1
        if not shared.streams[session_id]:
            del shared.streams[session_id]


def _look(visit: Visit, session: Session, rule: Rule, look: Look) -> Mapping[str, Any] | None:
    house = visit.shared.house
    found = viewer_of(session, visit.seed, house.clock(), house.settings.console)
    return look(session) if found and rule.admits(found[0]) and not found[0].pending else None
