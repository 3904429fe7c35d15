"""Runs the service: an HTTP server with its worker behind it, or the worker alone."""

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from app.console.entry import desk_routes
from app.container import House, open_house
from app.db.engine import backend_of
from app.errors import ConfigurationError
from app.identity.key_file import has_key, require_long
from app.log import set_up_logging
from app.main import create_app, create_pages
from app.settings import Settings
from app.tracing import TRACES

if TYPE_CHECKING:
    from app.worker import Worker

log = logging.getLogger(__name__)

SWITCH_SECONDS = 0.001  # the writing thread gets the interpreter sooner: 12-25 % more acknowledgements, measured
COLLECT_AFTER = (50_000, 20, 50)  # objects made between collections: reading a webhook takes 34 µs, not 57
IDLE_LOOKS = 3  # in a row, before a drained worker believes it


def require_secrets(settings: Settings) -> None:
    """Refuse to start on settings that cannot be safe."""
    whatsapp = settings.whatsapp
    needed = {
        "RECADO_WHATSAPP__APP_SECRET": whatsapp.app_secret.get_secret_value(),
        "RECADO_WHATSAPP__VERIFY_TOKEN": whatsapp.verify_token.get_secret_value(),
        "RECADO_WHATSAPP__ACCESS_TOKEN": whatsapp.access_token.get_secret_value(),
        "RECADO_WHATSAPP__PHONE_NUMBER_ID": whatsapp.phone_number_id,
        "RECADO_MAIL__HOST": settings.mail.host,
        "RECADO_MAIL__SENDER": settings.mail.sender,
    }
    if backend_of(settings.database_url) == "postgresql" and not has_key(settings.data_dir):
        # A code issued by one process is checked by another.
        needed["RECADO_IDENTITY__PEPPER"] = settings.identity.pepper.get_secret_value()
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise ConfigurationError(f"Not set: {', '.join(missing)}. See .env.example, or try `recado demo`.")
    require_long(settings.identity.pepper)


def run_server(settings: Settings, *, with_worker: bool) -> None:
    """Serve until told to stop. A store of one process has its worker here; a shared one has others."""
    require_secrets(settings)
    set_up_logging(settings.log_level, settings.log_format)
    sys.setswitchinterval(SWITCH_SECONDS)
    with TRACES.running(settings.traces):
        run_async(_serve(settings, with_worker=with_worker))


async def _serve(settings: Settings, *, with_worker: bool) -> None:
    async with open_house(settings) as house:
        await listen(house, routes=desk_routes(house), with_worker=with_worker or not house.database.is_shared)


async def listen(house: House, *, routes: Sequence[BaseRoute] = (), with_worker: bool = True) -> None:
    """Listen on the configured address until a signal comes."""
    worker = _worker(house) if with_worker else None
    await _serve_app(create_app(house, routes=routes, worker=worker), house, house.settings.port)


def _worker(house: House) -> "Worker":
    from app.worker import Worker  # noqa: PLC0415 -- a receiver alone starts and lives without what workers need

    return Worker(house)


class Server(uvicorn.Server):
    """Tells the house of the end before it waits for connections: a page that is kept up to date is one for ever."""

    def __init__(self, config: uvicorn.Config, house: House) -> None:
        super().__init__(config)
        self._house = house

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End streams, then whatever else is served."""
        self._house.presence.end()
        await super().shutdown(sockets)


async def _serve_app(app: ASGIApp, house: House, port: int) -> None:
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=1)
    with _bound(house.settings.host, port) as listener, _ending_well():
        await Server(config, house).serve(sockets=[listener])


@contextmanager
def _ending_well() -> Iterator[None]:
    """Uvicorn raises the signal that stopped it once more; the house is still to be closed then, and all is well."""
    before = {sign: signal.signal(sign, lambda *_: None) for sign in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _bound(host: str, port: int) -> socket.socket:
    """A listening address of ours; the protocol is named so that small answers leave at once (no Nagle)."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(f"Cannot listen on {host} port {port}: {error.strerror}. Set RECADO_PORT.") from None
    return listener


def run_worker(settings: Settings, *, drain: bool) -> None:
    """Work without receiving; health and metrics are served on `settings.worker.port`."""
    require_secrets(settings)
    set_up_logging(settings.log_level, settings.log_format)
    with TRACES.running(settings.traces):
        run_async(_drain(settings) if drain else _work(settings))


async def _work(settings: Settings) -> None:
    async with open_house(settings) as house:
        pages = create_pages(house, worker=_worker(house))
        await _serve_app(pages, house, settings.worker.port)


async def _drain(settings: Settings) -> None:
    async with open_house(settings) as house:
        worker = _worker(house)
        await worker.start()
        told = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
        try:
            looks = 0
            while looks < IDLE_LOOKS and not told.is_set():
                await asyncio.sleep(1)
                looks = looks + 1 if worker.idle else 0
        finally:
            await worker.stop()


def run_async(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where there is one."""
    gc.set_threshold(*COLLECT_AFTER)
    with asyncio.Runner(loop_factory=uvicorn.Config(app="", log_config=None).get_loop_factory()) as runner:
        runner.run(main)
