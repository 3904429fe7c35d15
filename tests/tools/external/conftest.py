"""The world outside on loopback, and a house that may ask it."""

import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.tools.external.outside import House, Outside, served_apart


@pytest.fixture(scope="session")
def server() -> Iterator[Outside]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with served_apart(port) as world:
        yield world


@pytest.fixture
def world(server: Outside) -> Outside:
    server.asked, server.say = [], None
    return server


@pytest.fixture
async def house(world: Outside) -> AsyncIterator[House]:
    here = House(world)
    yield here
    await here.close()
